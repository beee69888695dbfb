// SPDX-License-Identifier: MIT
#pragma once

#include "message.hpp"
#include "program.hpp"
#include "watch.hpp"
#include "workload.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// A function and what it is called with: the least that a subscriber can be.
struct raw_subscriber {
    void (*function)(void* context, std::string_view payload);
    void* context;
};

/// What a subscriber counts and sums.
class tally {
public:
    void take(std::string_view payload) noexcept {
        bytes_ += payload.size();
        if (payload.size() < least_payload)
            return;
        ++count_;
        numbers_ += number_of(payload);
        checksums_ += checksum_of(payload);
    }

    std::uint64_t count() const noexcept { return count_; }
    bool operator==(tally const&) const = default;

private:
    std::uint64_t count_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t numbers_ = 0;
    std::uint64_t checksums_ = 0;
};

/// The subscribers of a run. All of them see the same bytes, so the last one reads them whole, and
/// the others count and sum what identifies them.
class audience {
public:
    /// Calls chunk_done after each chunk.
    audience(workload const& w, std::shared_ptr<watch> run, std::function<void()> chunk_done)
        : work_(w), others_(w.subscribers - 1), run_(std::move(run)),
          chunk_done_(std::move(chunk_done)) {}

    std::size_t size() const noexcept { return others_.size() + 1; }
    tally& other(std::size_t i) { return others_[i]; }

    /// The last subscriber gets a message.
    void take_last(std::string_view payload) {
        auto const expected = last_.count();
        if (payload.size() != work_.payload || !is_intact(payload))
            return run_->fail(fmt::format("message {} came damaged", expected));
        if (number_of(payload) != expected)
            return run_->fail(
                fmt::format("message {} came instead of {}", number_of(payload), expected));
        last_.take(payload);
        if (last_.count() % work_.chunk() == 0)
            end_chunk();
    }

    /// The same subscribers, to be called one by one.
    std::vector<raw_subscriber> raw_subscribers() {
        std::vector<raw_subscriber> all;
        for (auto& t : others_)
            all.push_back({[](void* context, std::string_view payload) {
                               static_cast<tally*>(context)->take(payload);
                           },
                           &t});
        all.push_back({[](void* context, std::string_view payload) {
                           static_cast<audience*>(context)->take_last(payload);
                       },
                       this});
        return all;
    }

    /// Whether every subscriber got all that was sent. Errors: throws failure.
    void verify(std::uint64_t sent) const {
        if (last_.count() != sent)
            throw failure(fmt::format("{} messages were sent and {} came", sent, last_.count()));
        for (auto const& t : others_)
            if (t != last_)
                throw failure("a subscriber got something else than the others");
    }

    std::uint64_t timed_messages() const noexcept {
        return last_.count() - work_.window() * work_.chunk();
    }
    double seconds() const { return std::chrono::duration<double>(end_ - begin_).count(); }

private:
    void end_chunk() {
        end_ = steady::now();
        if (last_.count() == work_.window() * work_.chunk())
            begin_ = end_;
        run_->advance();
        chunk_done_();
    }

    workload work_;
    std::vector<tally> others_;
    tally last_;
    std::shared_ptr<watch> run_;
    std::function<void()> chunk_done_;
    steady::time_point begin_; // when the first window had come
    steady::time_point end_;
};

} // namespace bench
