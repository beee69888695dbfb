// SPDX-License-Identifier: MIT
#pragma once

#include "audience.hpp"
#include "result.hpp"
#include "servers.hpp"

#include <hubbub/bus.hpp>

#include <asio/post.hpp>
#include <asio/use_future.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace bench {

/// Messages from one bus to the subscribers of a topic on another, as fast as they go.
///
/// The publisher runs on its bus's executor, and goes on when the receiver has told it there that
/// another chunk has come.
template <hubbub::message_bus Bus>
class stream : public std::enable_shared_from_this<stream<Bus>> {
public:
    stream(Bus& from, Bus& to, std::string topic, workload const& w)
        : from_(&from), to_(&to), executor_(from.get_executor()), topic_(std::move(topic)),
          work_(w), pace_(w), maker_(w.payload),
          audience_(w, run_, [this] { post(&stream::chunk_came); }) {}

    /// Blocks until all has come. Errors: throws failure, interruption.
    stream_result run() {
        auto const self = this->shared_from_this();
        report_trouble(*from_, run_);
        report_trouble(*to_, run_);
        std::vector<hubbub::subscription> subscriptions;
        for (std::size_t i = 0; i + 1 < audience_.size(); ++i)
            subscriptions.push_back(
                subscribe(*to_, topic_, *run_,
                          [self, &counted = audience_.other(i)](std::string_view payload) {
                              counted.take(payload);
                          }));
        subscriptions.push_back(subscribe(*to_, topic_, *run_, [self](std::string_view payload) {
            self->audience_.take_last(payload);
        }));

        struct stopper {
            stream* s;
            ~stopper() { s->stop(); }
        } const at_the_end{this};
        cpu_clock const cpu;
        post(&stream::publish_more);
        run_->wait();
        return result_of(audience_, number_, cpu);
    }

private:
    /// Before the buses go: nothing of this runs on the executor any more.
    void stop() {
        asio::post(executor_, asio::use_future([this] { stopped_ = true; })).get();
    }

    void post(void (stream::*step)()) {
        asio::post(executor_, [self = this->shared_from_this(), step] {
            if (!self->stopped_)
                (self.get()->*step)();
        });
    }

    void publish_more() {
        while (number_ < end_of_chunk_ || begin_chunk())
            if (!publish_chunk())
                return;
        if (under_way_ == 0)
            run_->finish();
    }

    bool begin_chunk() {
        if (under_way_ == work_.window() || !pace_.goes_on())
            return false;
        ++under_way_;
        end_of_chunk_ += work_.chunk();
        return true;
    }

    /// False if it must wait for room.
    bool publish_chunk() {
        for (; number_ < end_of_chunk_; ++number_) {
            auto const error = from_->publish(topic_, maker_.make(number_));
            if (error == hubbub::errc::queue_full) {
                publish_when_there_is_room();
                return false;
            }
            if (error) {
                run_->fail(fmt::format("publish: {}", error.message()));
                return false;
            }
        }
        return true;
    }

    /// Asks until it is taken, each time by way of the executor, where what is queued goes on.
    void publish_when_there_is_room() {
        waits_for_room_ = true;
        from_->async_publish(
            topic_, maker_.make(number_),
            [self = this->shared_from_this()](std::error_code error, hubbub::receiver_count) {
                if (!self->stopped_)
                    self->room_came(error);
            });
    }

    void room_came(std::error_code error) {
        if (error == hubbub::errc::queue_full)
            return publish_when_there_is_room();
        if (error)
            return run_->fail(fmt::format("publish: {}", error.message()));
        waits_for_room_ = false;
        ++number_;
        publish_more();
    }

    void chunk_came() {
        --under_way_;
        if (!waits_for_room_)
            publish_more();
    }

    Bus* from_;
    Bus* to_;
    asio::any_io_executor executor_; // what follows is used on it alone
    std::string topic_;
    workload work_;
    pace pace_;
    message_maker maker_;
    std::shared_ptr<watch> run_ = std::make_shared<watch>();
    audience audience_;
    std::uint64_t number_ = 0;       // of the next message
    std::uint64_t end_of_chunk_ = 0; // the number after its last
    std::uint64_t under_way_ = 0;    // chunks that were begun and did not come yet
    bool waits_for_room_ = false;
    bool stopped_ = false;
};

} // namespace bench
