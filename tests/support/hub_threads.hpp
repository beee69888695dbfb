// SPDX-License-Identifier: MIT
#pragma once

#include "support/hub_stage.hpp"

#include <hubbub/testing/run_until.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

// Servers of one hub that many threads use at a time, on each kind of bus: what the thread sanitizer
// is for.

/// What one operation completes with, for a thread that waits for it. A second completion throws.
template <class T>
class awaited {
public:
    auto handler() const {
        return [told = told_](auto... given) { told->set_value(T{std::move(given)...}); };
    }

    /// On a thread that does not run the io_context.
    /// Errors: throws std::runtime_error if something hangs.
    T get() {
        auto result = told_->get_future();
        if (result.wait_for(std::chrono::seconds(100)) != std::future_status::ready)
            throw std::runtime_error("waited in vain");
        return result.get();
    }

private:
    // Shared, since the thread that completes it may still be about it when it is read.
    std::shared_ptr<std::promise<T>> told_ = std::make_shared<std::promise<T>>();
};

/// What was begun, and how it ended.
struct tally {
    /// A handler that ends one, as it should be if is_right(its arguments).
    template <class Right>
    auto expecting(Right is_right) {
        ++begun;
        return [this, is_right](auto const&... given) {
            wrong += is_right(given...) ? 0 : 1;
            ++ended;
        };
    }

    bool done() const { return ended == begun; }

    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
    std::atomic<int> wrong = 0;
};

/// Servers that know each other. What waits does so as long as it takes, on however slow a machine.
struct threads_stage : stage<json_setup> {
    using invocation = hubbub::invocation<hubbub::json_serializer>;
    using connection = hubbub::connection<bus_type>;
    using server_type = server<json_setup>;
    using entered = std::pair<std::error_code, connection>;

    explicit threads_stage(hub_setting const& on, hubbub::hub_options const& options = {})
        : stage(on, patient(options)) {
        run_until(
            [this] {
                return std::all_of(servers.begin(), servers.end(), [this](auto const& s) {
                    return s.hub->servers().alive().size() == servers.size();
                });
            },
            "the servers to meet");
    }

    static hubbub::hub_options patient(hubbub::hub_options options) {
        options.request_timeout = std::chrono::minutes(5);
        options.missed_beacons = 100;
        return options;
    }

    /// Before other threads run.
    template <class Out>
    connection enter(server_type& at, auto who, Out out) {
        connection made;
        auto const error = complete([&](auto done) {
            at.hub->async_connect(std::move(who), std::move(out),
                                  [&made, done](std::error_code e, auto c) {
                                      made = std::move(c);
                                      done(e);
                                  });
        });
        REQUIRE(!error);
        return made;
    }

    /// By a thread that waits for it, while others run the io_context.
    template <class Out>
    static entered enter_and_wait(server_type& at, auto who, Out out) {
        awaited<entered> made;
        at.hub->async_connect(std::move(who), std::move(out), made.handler());
        return made.get();
    }

    static std::error_code change(server_type& by, bool add, std::string const& id,
                                  char const* group) {
        awaited<std::error_code> done;
        if (add)
            by.hub->async_add_to_group(id, group, done.handler());
        else
            by.hub->async_remove_from_group(id, group, done.handler());
        return done.get();
    }

    /// Another server.
    server_type& other_than(server_type& one) { return &one == &left() ? right() : left(); }
};
