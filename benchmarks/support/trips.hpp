// SPDX-License-Identifier: MIT
#pragma once

#include "message.hpp"
#include "result.hpp"
#include "workload.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

/// Numbers, times and checks messages that go there and back, one by one.
class trips {
public:
    explicit trips(workload const& w) : work_(w), maker_(w.payload) {}

    /// Asked before each trip.
    bool goes_on() const {
        if (number_ <= untimed)
            return true;
        return work_.messages > 0 ? number_ < work_.messages + untimed : steady::now() < deadline_;
    }

    /// The next message; its time begins.
    std::string_view depart() {
        auto const payload = maker_.make(number_);
        departure_ = steady::now();
        if (number_ == untimed)
            deadline_ = departure_ + std::chrono::duration_cast<steady::duration>(work_.time);
        return payload;
    }

    /// The message is back. Says what is wrong with it, nothing if it is right.
    std::string arrive(std::string_view payload) {
        std::chrono::duration<double> const took = steady::now() - departure_;
        if (auto wrong = wrong_with(payload, number_); !wrong.empty())
            return wrong;
        if (number_++ >= untimed)
            took_.push_back(took.count());
        return {};
    }

    /// What is wrong with the message of this number.
    std::string wrong_with(std::string_view payload, std::uint64_t number) const {
        if (payload.size() != work_.payload || !is_intact(payload))
            return fmt::format("message {} came damaged", number);
        if (number_of(payload) != number)
            return fmt::format("message {} came instead of {}", number_of(payload), number);
        return {};
    }

    round_trips take() { return std::move(took_); }

private:
    static constexpr std::uint64_t untimed = 16;

    workload work_;
    message_maker maker_;
    std::uint64_t number_ = 0;
    steady::time_point departure_;
    steady::time_point deadline_;
    round_trips took_;
};

} // namespace bench
