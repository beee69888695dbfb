// What happens when the hub asks a client, on every bus.
#include "support/hub_stage.hpp"

#include <hubbub/hub/coroutines.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

/// Asks a client and runs until the answer is there.
template <class R, class Setup, class... Args>
hubbub::outcome<R> ask(stage<Setup>& s, server<Setup>& by, std::string_view id,
                       std::string_view method, Args... args) {
    std::optional<hubbub::outcome<R>> answer;
    by.hub->clients().client(id).template async_invoke<hubbub::outcome<R>>(
        method, args..., [&](hubbub::outcome<R> given) { answer = std::move(given); });
    CHECK(!answer);
    s.run_until([&] { return answer.has_value(); }, "an answer");
    return *answer;
}

/// A client that keeps what it is asked.
template <class Setup>
struct silent_client {
    using invocation = hubbub::invocation<typename Setup::bus::serializer_type>;

    void connect(stage<Setup>& s, server<Setup>& at) {
        CHECK(!s.complete([&](auto done) {
            at.hub->async_connect(
                {},
                [this](invocation const& call) {
                    if (call.wants_answer()) // what others are told is no question
                        asked.push_back(call);
                },
                [this, done](std::error_code error, auto made) {
                    connection = std::move(made);
                    done(error);
                });
        }));
    }

    std::vector<invocation> asked;
    hubbub::connection<typename Setup::bus> connection;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE_TEMPLATE("a client's answer comes back to the server that asked, wherever it is", Setup,
                   ALL_SETUPS) {
    stage<Setup> s;
    auto& ada = s.connect(s.left());
    ada.methods.on("add", [](int a, int b) { return a + b; });
    ada.methods.on("done", [] {});
    for (auto& server : s.servers) {
        CHECK(*ask<int>(s, server, ada.id(), "add", 2, 3) == 5);
        CHECK(ask<void>(s, server, ada.id(), "done"));
    }
}

TEST_CASE_TEMPLATE("each way in which a client fails to answer is an error of its own", Setup,
                   ALL_SETUPS) {
    stage<Setup> s;
    auto& ada = s.connect(s.left());
    ada.methods.on("add", [](int a, int b) { return a + b; });
    ada.methods.on("fail", []() -> int { throw hubbub::hub_error("no idea"); });
    ada.methods.on("text", [] { return std::string("text"); });
    for (auto& server : s.servers) {
        auto const failed = ask<int>(s, server, ada.id(), "fail");
        CHECK(failed.error() == hubbub::hub_errc::method_failed);
        CHECK(failed.text() == "no idea");
        CHECK(ask<int>(s, server, ada.id(), "text").error() == hubbub::hub_errc::wrong_result);
        CHECK(ask<int>(s, server, ada.id(), "add", 2).error() == hubbub::hub_errc::wrong_arguments);
        CHECK(ask<int>(s, server, ada.id(), "nothing").error() == hubbub::hub_errc::unknown_method);
        CHECK(ask<int>(s, server, s.left().hub->server_id() + "-99", "add").error() ==
              hubbub::hub_errc::unknown_connection);
        CHECK(ask<int>(s, server, "0123456789abcdef-1", "add").error() == s.unknown_server());
    }
}

TEST_CASE_TEMPLATE("a client that ends before it answers fails the call at once", Setup,
                   ALL_SETUPS) {
    stage<Setup> s;
    silent_client<Setup> c;
    c.connect(s, s.left());
    std::vector<std::error_code> answers;
    for (auto& server : s.servers)
        server.hub->clients()
            .client(c.connection.id())
            .template async_invoke<hubbub::outcome<void>>(
                "ask", [&](hubbub::outcome<void> given) { answers.push_back(given.error()); });
    s.run_until([&] { return c.asked.size() == s.servers.size(); }, "the client to be asked");
    CHECK(answers.empty());
    c.connection.disconnect();
    s.run_until([&] { return answers.size() == s.servers.size(); }, "all answers");
    CHECK(answers ==
          std::vector<std::error_code>(s.servers.size(), hubbub::hub_errc::connection_ended));
    c.asked.front().reply(1); // too late, and nothing
}

TEST_CASE_TEMPLATE("several servers may ask one client at a time, which answers in any order",
                   Setup, ALL_SETUPS) {
    stage<Setup> s;
    silent_client<Setup> c;
    c.connect(s, s.left());
    std::vector<std::optional<int>> answers(s.servers.size());
    auto const ask_from = [&](server<Setup>& by, std::size_t i) {
        by.hub->clients()
            .client(c.connection.id())
            .template async_invoke<hubbub::outcome<int>>("ask", static_cast<int>(i),
                                                         [&answers, i](hubbub::outcome<int> given) {
                                                             answers[i] = std::move(given).value();
                                                         });
        s.run_until([&] { return c.asked.size() == i + 1; }, "the client to be asked");
    };
    for (std::size_t i = 0; i < s.servers.size(); ++i)
        ask_from(s.servers[i], i);
    for (std::size_t i = s.servers.size(); i-- > 0;)
        c.asked[i].reply(static_cast<int>(10 + i));
    c.asked[0].reply(99); // the first counts
    s.run_until([&] { return std::count(answers.begin(), answers.end(), std::nullopt) == 0; },
                "all answers");
    for (std::size_t i = 0; i < s.servers.size(); ++i)
        CHECK(*answers[i] == static_cast<int>(10 + i));
}

TEST_CASE_TEMPLATE("questions to several clients do not collide, in whatever order they answer",
                   Setup, ALL_SETUPS) {
    stage<Setup> s;
    for (auto& by : s.servers) {
        silent_client<Setup> ada;
        silent_client<Setup> bob;
        silent_client<Setup> eve;
        silent_client<Setup> kim;
        ada.connect(s, s.left());
        bob.connect(s, s.left());
        eve.connect(s, s.right());
        kim.connect(s, s.middle());
        std::vector<std::pair<char, int>> answers;
        auto const ask_of = [&](char name, silent_client<Setup> const& c) {
            by.hub->clients()
                .client(c.connection.id())
                .template async_invoke<hubbub::outcome<int>>(
                    "ask", [&answers, name](hubbub::outcome<int> given) {
                        answers.emplace_back(name, std::move(given).value());
                    });
        };
        ask_of('a', ada);
        ask_of('b', bob);
        ask_of('e', eve);
        ask_of('k', kim);
        s.run_until(
            [&] {
                return ada.asked.size() == 1 && bob.asked.size() == 1 && eve.asked.size() == 1 &&
                       kim.asked.size() == 1;
            },
            "all to be asked");
        // One by one, so that an answer that ended another's question were seen.
        kim.asked[0].reply(4);
        s.run_until([&] { return answers.size() == 1; }, "the last one's answer");
        eve.asked[0].reply(3);
        s.run_until([&] { return answers.size() == 2; }, "the third one's answer");
        bob.asked[0].reply(2);
        bob.asked[0].reply(99);
        s.run_until([&] { return answers.size() == 3; }, "the second one's answer");
        ada.asked[0].reply(1);
        s.run_until([&] { return answers.size() == 4; }, "the first one's answer");
        CHECK(answers == std::vector<std::pair<char, int>>{{'k', 4}, {'e', 3}, {'b', 2}, {'a', 1}});
    }
}

TEST_CASE_TEMPLATE("a question that the client lets go of has failed", Setup, ALL_SETUPS) {
    stage<Setup> s;
    silent_client<Setup> c;
    c.connect(s, s.left());
    for (auto& by : s.servers) {
        std::optional<std::string> text;
        by.hub->clients()
            .client(c.connection.id())
            .template async_invoke<hubbub::outcome<void>>(
                "ask", [&](hubbub::outcome<void> given) { text = given.text(); });
        s.run_until([&] { return !c.asked.empty(); }, "the client to be asked");
        c.asked.clear();
        s.run_until([&] { return text.has_value(); }, "the answer");
        CHECK(*text == "the client gave no answer");
    }
}

TEST_CASE_TEMPLATE("a question may be cancelled, has a deadline, and a late answer does nothing",
                   Setup, ALL_SETUPS) {
    stage<Setup> s;
    for (auto& by : s.servers) { // its own server, and the others
        silent_client<Setup> c;
        c.connect(s, s.left());
        asio::cancellation_signal signal;
        std::vector<std::error_code> answers;
        auto const take = [&](hubbub::outcome<void> given) { answers.push_back(given.error()); };
        auto const client = by.hub->clients().client(c.connection.id());
        client.template async_invoke<hubbub::outcome<void>>(
            "ask", asio::bind_cancellation_slot(signal.slot(), take));
        s.run_until([&] { return c.asked.size() == 1; }, "the client to be asked");
        signal.emit(asio::cancellation_type::all);
        s.run_until([&] { return answers.size() == 1; }, "the cancellation");
        CHECK(answers[0] == asio::error::operation_aborted);

        auto impatient = client;
        std::move(impatient)
            .within(std::chrono::milliseconds(20))
            .template async_invoke<hubbub::outcome<void>>("ask", take);
        s.run_until([&] { return answers.size() == 2; }, "the deadline");
        CHECK(answers[1] == hubbub::errc::timed_out);
        s.run_until([&] { return c.asked.size() == 2; }, "the client to be asked");
        for (auto const& call : c.asked)
            call.reply();
        for (auto* const at : {&s.right(), &s.middle()})
            s.connect(*at);
        s.flush(s.left());
        for (auto const& other : s.clients)
            CHECK(other.told.empty());
        CHECK(answers.size() == 2);
    }
}

TEST_CASE_TEMPLATE(
    "a method may ask its own caller, though one call of a connection runs at a time", Setup,
    ALL_SETUPS) {
    auto options = stage<Setup>::defaults();
    options.parallel_calls = 1;
    stage<Setup> s(options);
    for (auto& at : s.servers) {
        auto& hub = *at.hub;
        lines ran;
        hub.on("order", [&](hubbub::caller who, int each) -> asio::awaitable<int> {
            ran.emplace_back("begins");
            auto many =
                co_await hub.clients().caller_of(who).template async_invoke<hubbub::outcome<int>>(
                    "how many", asio::use_awaitable);
            ran.emplace_back("ends");
            co_return std::move(many).value() * each;
        });
        hub.on("next", [&] { ran.emplace_back("next"); });
        auto& ada = s.connect(at);
        ada.methods.on("how many", [&] {
            ran.emplace_back("asked");
            CHECK(!ada.connection.send("next")); // which has to wait
            return 3;
        });
        std::optional<hubbub::outcome<int>> cost;
        ada.connection.template async_invoke<hubbub::outcome<int>>(
            "order", 7, [&](hubbub::outcome<int> given) { cost = std::move(given); });
        s.run_until([&] { return cost && ran.size() == 4; }, "the answer, and the call after it");
        CHECK(**cost == 21);
        CHECK(ran == lines{"begins", "asked", "ends", "next"});
    }
}

TEST_SUITE_END();
