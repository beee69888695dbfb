// SPDX-License-Identifier: MIT
#pragma once

#include "support/scripted_transport.hpp"

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/hooks.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/testing/virtual_time.hpp>
#include <hubbub/typed/bus_core.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

// What one machine of a hub stands on in its unit test: a bus on a scripted transport, time of the
// test's own, and what it completes and tells.
namespace support {

namespace detail = hubbub::detail;
using fate = scripted_transport::fate;

/// A connection that remembers which methods it was called.
struct told_member final : detail::member {
    void call(detail::shared_call const& what) override {
        told.emplace_back(what.method());
        asked.push_back(what.asked());
        if (throws)
            throw std::runtime_error("no");
    }

    std::vector<std::string> told;
    std::vector<std::shared_ptr<detail::answer_sink>> asked;
    bool throws = false;
};
using told_ptr = std::shared_ptr<told_member>;

inline told_ptr make_told(std::string user = {}) {
    auto made = std::make_shared<told_member>();
    made->user = std::move(user);
    return made;
}

struct machine_stage {
    machine_stage() {
        hooks->set_observer([this](hubbub::hub_event const& e) { events.push_back(text_of(e)); });
    }
    machine_stage(machine_stage const&) = delete;
    machine_stage& operator=(machine_stage const&) = delete;
    ~machine_stage() {
        hooks->set_observer({});
        bus_core->close();
    }

    /// Runs what is ready.
    void run() { time.run_for({}); }

    /// A completion that is remembered by this name.
    hubbub::completion<std::error_code> into(std::string const& name) {
        return {io.get_executor(), [this, name](std::error_code e) { ended[name].push_back(e); }};
    }
    hubbub::completion<detail::answer> answer_into(std::string const& name) {
        return {io.get_executor(), [this, name](detail::answer given) {
                    ended[name].push_back(given.error);
                    answers[name] = std::move(given);
                }};
    }

    bool waits(std::string const& name) const { return !ended.contains(name); }

    /// With what it has completed. It has, and once.
    std::error_code outcome(std::string const& name) const {
        auto const found = ended.find(name);
        REQUIRE_MESSAGE(found != ended.end(), name, " waits");
        REQUIRE_MESSAGE(found->second.size() == 1, name, " completed several times");
        return found->second.front();
    }

    std::vector<std::string> take_events() { return std::exchange(events, {}); }

    static std::string text_of(hubbub::hub_event const& e) {
        return std::visit(
            hubbub::overloaded{
                [](hubbub::client_handler_failed const& f) {
                    return "client_handler_failed " + std::string(f.connection);
                },
                [](hubbub::call_failed const& f) {
                    return "call_failed " + std::string(f.method) + ": " + f.error.message();
                },
                [](hubbub::server_joined const& s) { return "joined " + std::string(s.server); },
                [](hubbub::server_left const& s) { return "left " + std::string(s.server); },
                [](hubbub::answer_lost const& a) {
                    return "answer_lost " + std::string(a.server) + ": " + a.error.message();
                },
                [](hubbub::action_refused const& a) { return "refused " + std::string(a.name); },
                [](hubbub::calls_dropped const& d) {
                    return "dropped " + std::to_string(d.count) + " of " +
                           std::string(d.connection);
                },
                [](hubbub::hook_failed const& h) { return "hook_failed " + std::string(h.hook); },
                [](hubbub::watch_failed const& w) { return "watch_failed " + w.error.message(); }},
            e);
    }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    scripted_transport transport{io};
    std::shared_ptr<detail::transport_interface> handle =
        std::make_shared<detail::transport_model<borrowed<scripted_transport>>>(transport);
    std::shared_ptr<detail::bus_core> bus_core =
        std::make_shared<detail::bus_core>(handle, nullptr);
    detail::frame_bus bus{bus_core, detail::frame_format::objects};
    detail::hub_topics topics{"hub"};
    std::shared_ptr<detail::hub_hooks> hooks = std::make_shared<detail::hub_hooks>();
    std::map<std::string, std::vector<std::error_code>> ended;
    std::map<std::string, detail::answer> answers;
    std::vector<std::string> events;
};

/// How a step goes wrong: refused at once, or later.
inline constexpr fate wrong_fates[] = {fate::is_refused, fate::fails};

/// What a step that goes wrong completes with.
inline std::error_code const reset = std::make_error_code(std::errc::connection_reset);

using strings = std::vector<std::string>;

} // namespace support
