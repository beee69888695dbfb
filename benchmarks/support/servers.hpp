// SPDX-License-Identifier: MIT
#pragma once

#include "watch.hpp"

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

namespace bench {

/// A thread that carries out what is asked of its executor; ends when nothing is left to do.
class loop {
public:
    loop() = default;
    loop(loop const&) = delete;
    loop& operator=(loop const&) = delete;
    ~loop() {
        work_.reset();
        thread_.join();
    }

    asio::any_io_executor executor() { return io_.get_executor(); }

private:
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
    std::thread thread_{[this] { io_.run(); }};
};

/// Two servers on one backplane.
template <class Transport>
class servers {
public:
    using bus_type = hubbub::bus<Transport, hubbub::text_serializer>;

    /// make(executor) returns a transport.
    template <class Make>
    servers(loop& l, loop& r, Make make)
        : left_transport_(make(l.executor())), right_transport_(make(r.executor())) {}

    bus_type& left() noexcept { return left_; }
    bus_type& right() noexcept { return right_; }

private:
    Transport left_transport_;
    Transport right_transport_;
    bus_type left_{left_transport_};
    bus_type right_{right_transport_};
};

/// What an event says, if a run cannot go on after it.
inline std::string trouble(hubbub::event const& event) {
    using namespace hubbub;
    auto const because = [](std::string_view what, std::error_code reason) {
        return fmt::format("{}: {}", what, reason.message());
    };
    return std::visit(
        overloaded{
            [](link_up const&) { return std::string(); },
            [&](link_lost const& e) { return because("the link was lost", e.reason); },
            [&](link_retry const& e) { return because("there is no link", e.reason); },
            [&](link_failed const& e) { return because("the link failed", e.reason); },
            [&](publish_refused const& e) { return because("a publish was refused", e.reason); },
            [](message_dropped const&) { return std::string("a message was dropped"); },
            [](auto const&) { return std::string("something was lost, refused or malformed"); },
        },
        event);
}

/// Makes a run fail when something happens to a bus.
template <hubbub::message_bus Bus>
void report_trouble(Bus& bus, std::shared_ptr<watch> run) {
    bus.set_observer([run = std::move(run)](hubbub::event const& event) {
        if (auto what = trouble(event); !what.empty())
            run->fail(std::move(what));
    });
}

/// A subscription that is active when it is returned. Errors: throws failure, interruption.
template <hubbub::message_bus Bus, class Sink>
hubbub::subscription subscribe(Bus& bus, std::string_view topic, watch& run, Sink sink) {
    auto const answer = std::make_shared<std::promise<hubbub::subscription>>();
    auto active = answer->get_future();
    bus.template async_subscribe<std::string_view>(
        topic, std::move(sink), [answer](std::error_code error, hubbub::subscription s) {
            if (error)
                answer->set_exception(std::make_exception_ptr(
                    failure(fmt::format("subscribe: {}", error.message()))));
            else
                answer->set_value(std::move(s));
        });
    while (active.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready)
        run.check();
    return active.get();
}

} // namespace bench
