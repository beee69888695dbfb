// SPDX-License-Identifier: MIT
#pragma once

#include "servers.hpp"
#include "trips.hpp"

#include <hubbub/bus.hpp>

#include <asio/post.hpp>
#include <asio/use_future.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace bench {

/// One message at a time from one bus to another, and from its sink there back.
template <hubbub::message_bus Bus>
class ping_pong : public std::enable_shared_from_this<ping_pong<Bus>> {
public:
    ping_pong(Bus& here, Bus& there, std::string const& topic, workload const& w)
        : here_(&here), there_(&there), executor_(here.get_executor()), ping_(topic + "/ping"),
          pong_(topic + "/pong"), trips_(w) {}

    /// Blocks until it is over. Errors: throws failure, interruption.
    round_trips run() {
        auto const self = this->shared_from_this();
        report_trouble(*here_, run_);
        report_trouble(*there_, run_);
        auto const back = subscribe(*here_, pong_, *run_,
                                    [self](std::string_view payload) { self->came_back(payload); });
        auto const there = subscribe(
            *there_, ping_, *run_, [self](std::string_view payload) { self->send_back(payload); });
        struct stopper {
            ping_pong* p;
            ~stopper() {
                asio::post(p->executor_, asio::use_future([this] { p->stop(); })).get();
            }
        } const at_the_end{this};
        post_departure();
        run_->wait();
        return trips_.take();
    }

private:
    void stop() { stopped_ = true; }

    void post_departure() {
        asio::post(executor_, [self = this->shared_from_this()] {
            if (!self->stopped_)
                self->depart();
        });
    }

    void depart() {
        if (!trips_.goes_on())
            return run_->finish();
        publish(*here_, ping_, trips_.depart());
    }

    void send_back(std::string_view payload) {
        if (auto wrong = trips_.wrong_with(payload, answered_++); !wrong.empty())
            return run_->fail(std::move(wrong));
        publish(*there_, pong_, payload);
    }

    void came_back(std::string_view payload) {
        if (auto wrong = trips_.arrive(payload); !wrong.empty())
            return run_->fail(std::move(wrong));
        run_->advance();
        post_departure();
    }

    void publish(Bus& bus, std::string_view topic, std::string_view payload) {
        if (auto const error = bus.publish(topic, payload))
            run_->fail(fmt::format("publish: {}", error.message()));
    }

    Bus* here_;
    Bus* there_;
    asio::any_io_executor executor_;
    std::string ping_;
    std::string pong_;
    trips trips_; // used by one thread at a time: one message is under way
    std::uint64_t answered_ = 0;
    std::shared_ptr<watch> run_ = std::make_shared<watch>();
    bool stopped_ = false;
};

} // namespace bench
