// What is asked, read and closed by many threads at a time.
#include "support/hub_threads.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace {

using calls_connection = threads_stage::connection;
using calls_invocation = threads_stage::invocation;
using calls_server = threads_stage::server_type;

struct calls_stage : threads_stage {
    explicit calls_stage(hub_setting const& on, hubbub::hub_options const& options = {})
        : threads_stage(on, options) {
        for (auto const& s : servers) {
            s.hub->on("add", [](int a, int b) { return a + b; });
            s.hub->servers().on("load", [] { return 7; });
        }
    }
};

/// Asks a client that never answers, and cancels that.
void ask_and_cancel(calls_server const& by, asio::io_context& io, std::string const& id, tally& t) {
    struct question {
        explicit question(asio::io_context& context) : strand(asio::make_strand(context)) {}
        asio::strand<asio::io_context::executor_type> strand;
        asio::cancellation_signal stop;
    };
    auto const q = std::make_shared<question>(io);
    asio::post(q->strand, [&by, id, q, end = t.expecting([](hubbub::outcome<void> const& given) {
                   return given.error() == asio::error::operation_aborted;
               })] {
        by.hub->clients().client(id).async_invoke<hubbub::outcome<void>>(
            "never", asio::bind_cancellation_slot(
                         q->stop.slot(),
                         asio::bind_executor(q->strand, [q, end](auto given) { end(given); })));
        asio::post(q->strand, [q] { q->stop.emit(asio::cancellation_type::all); });
    });
}

using calls_reader = hubbub::receiving_connection<threads_stage::bus_type>;

calls_reader enter_reader(calls_server& at, auto who, hubbub::outbox_options const& box) {
    awaited<std::pair<std::error_code, calls_reader>> made;
    at.hub->async_connect_receiver(std::move(who), box, made.handler());
    auto [error, c] = made.get();
    CHECK(!error);
    return std::move(c);
}

/// The number in the next call, or why there is none.
std::pair<std::error_code, int> read_number(calls_reader& c) {
    auto next = c.try_receive();
    if (!next) {
        awaited<std::pair<std::error_code, calls_invocation>> told;
        c.async_receive(told.handler());
        auto [error, call] = told.get();
        if (error)
            return {error, -1};
        next = std::move(call);
    }
    std::tuple<int> number{-1};
    auto const error = next->arguments(number);
    return {error, std::get<0>(number)};
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("what many threads ask at a time is answered once each, and rightly") {
    constexpr int rounds = 10;
    calls_stage s(next_setting<json_setup>());
    auto const askers = static_cast<int>(s.servers.size());
    std::atomic<int> told = 0;
    std::atomic<int> noted = 0;
    std::mutex mutex;
    std::vector<calls_invocation> unanswered;
    auto const out = [&](calls_invocation const& call) {
        if (call.method() == "never") {
            std::lock_guard const lock(mutex);
            return unanswered.push_back(call);
        }
        if (!call.wants_answer()) {
            ++told;
            return;
        }
        std::tuple<int> number;
        CHECK(!call.arguments(number));
        call.reply(std::get<0>(number));
    };
    auto ada = s.enter(s.left(), "ada", out);
    auto const bob = s.enter(s.left(), "bob", out);
    auto eve = s.enter(s.right(), "eve", out);
    for (auto* const c : {&ada, &eve})
        REQUIRE(!s.add(s.left(), c->id(), "lobby"));
    s.left().hub->on("note", [&](int) { ++noted; });

    tally asked;
    std::atomic<int> refused = 0;
    {
        hubbub::testing::io_threads const runners(s.io(), 2);
        hubbub::testing::workers threads;
        for (auto const& by : s.servers) {
            threads.start([&] {
                auto const clients = by.hub->clients();
                for (int n = 0; n < rounds; ++n) {
                    for (auto const& error :
                         {clients.all().send("tell", n),                             // 3
                          clients.all_except({bob.id()}).send("tell", n),            // 2
                          clients.clients({ada.id(), eve.id()}).send("tell", n),     // 2
                          clients.groups({"lobby", "garden"}).send("tell", n),       // 2
                          clients.group_except("lobby", {ada.id()}).send("tell", n), // 1
                          clients.all().except_users({"bob"}).except_groups({"lobby"}).send("tell",
                                                                                            n)})
                        refused += error ? 1 : 0;
                    ask_and_cancel(by, s.io(), ada.id(), asked);
                    clients.client(eve.id()).async_invoke<hubbub::outcome<int>>(
                        "echo", n, asked.expecting([n](hubbub::outcome<int> const& given) {
                            return given && *given == n;
                        }));
                }
            });
            threads.start([&] {
                for (int n = 0; n < rounds; ++n) {
                    // One connection, shared by two threads.
                    ada.async_invoke<hubbub::outcome<int>>(
                        "add", n, 1, asked.expecting([n](hubbub::outcome<int> const& given) {
                            return given && *given == n + 1;
                        }));
                    refused += ada.send("note", n) ? 1 : 0;
                    auto const there = by.hub->presence();
                    there.async_count(asked.expecting([](std::error_code, auto const& all) {
                        return all.value == 3 && all.missing.empty();
                    }));
                    there.async_members("lobby",
                                        asked.expecting([](std::error_code, auto const& all) {
                                            return all.value.size() == 2 && all.missing.empty();
                                        }));
                    there.async_is_online("eve",
                                          asked.expecting([](std::error_code, auto const& all) {
                                              return all.value;
                                          }));
                    by.hub->async_groups_of(
                        eve.id(), asked.expecting([](std::error_code error, lines const& groups) {
                            return !error && groups == lines{"lobby"};
                        }));
                    by.hub->servers().async_invoke<int>(
                        "load", asked.expecting(
                                    [askers](std::error_code, hubbub::collected<int> const& all) {
                                        return std::cmp_equal(all.answers.size(), askers) &&
                                               all.missing().empty();
                                    }));
                }
            });
        }
        threads.start([&] { // replaces who is told and asked
            for (int n = 0; n < 5 * rounds; ++n) {
                auto const kept = std::make_shared<std::atomic<int>>(0);
                s.left().hub->set_observer([kept](auto const&) { ++*kept; });
                s.left().hub->on_connected([kept](auto const&) { ++*kept; });
                s.left().hub->on_disconnected([kept](auto const&, auto const&) { ++*kept; });
                s.left().hub->on_authorize(
                    [kept](auto const&, auto const&) { return ++*kept > 0; });
                s.left().hub->presence().set_observer([kept](auto const&) { ++*kept; });
                s.left().hub->on("unused", [kept] { ++*kept; });
            }
        });
        s.run_until([&] { return threads.done() && asked.done(); }, "all answers");
        s.run_until([&] { return told >= askers * rounds * 10 && noted >= askers * rounds; },
                    "all calls");

        std::atomic<int> joined = 0;
        s.left().hub->presence().set_observer([&](auto const&) { ++joined; });
        s.run_until([&] { return joined >= 8; }, "the last observer to be told who is there");
        s.left().hub->presence().set_observer({});
    }
    CHECK(asked.begun.load() == askers * rounds * 8);
    CHECK(asked.ended.load() == asked.begun.load());
    CHECK(asked.wrong.load() == 0);
    CHECK(refused.load() == 0);
    CHECK(told.load() == askers * rounds * 10);
    CHECK(noted.load() == askers * rounds);
}

TEST_CASE("connections that threads read, and others end, get each call once and in order") {
    constexpr int rounds = 4;
    constexpr int calls = 20;
    constexpr std::size_t unread = 100;
    calls_stage s(next_setting<json_setup>(), {.outbox_budget = 30'000});
    std::atomic<std::size_t> dropped = 0;
    std::atomic<int> closed = 0;
    std::atomic<int> wrong = 0;
    s.left().hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const d = std::get_if<hubbub::calls_dropped>(&e))
            dropped += d->count;
    });
    {
        hubbub::testing::io_threads const runners(s.io(), 2);
        hubbub::testing::workers threads;
        auto idle =
            enter_reader(s.left(), "idle", {.when_full = hubbub::overflow_policy::drop_oldest});
        for (auto* const at : {&s.left(), &s.right()})
            threads.start([&, at] {
                auto& other = s.other_than(*at);
                for (int n = 0; n < rounds; ++n) {
                    hubbub::connect_options who;
                    who.on_closed = [&](auto const&) { ++closed; };
                    auto c = enter_reader(*at, std::move(who), {});
                    auto const client = other.hub->clients().client(c.id());
                    for (int i = 0; i < calls; ++i)
                        wrong += client.send("tell", i) ? 1 : 0;
                    for (int i = 0; i < calls; ++i)
                        wrong += read_number(c) == std::pair{std::error_code{}, i} ? 0 : 1;
                    wrong += client.disconnect("bye") ? 1 : 0;
                    wrong += read_number(c).first == hubbub::errc::disconnected ? 0 : 1;
                }
            });
        threads.start([&] {
            auto const to_idle = s.right().hub->clients().user("idle");
            for (std::size_t n = 1; n <= unread; ++n)
                wrong += to_idle.send(n < unread ? "tell" : "last", std::string(1000, 'x')) ? 1 : 0;
        });
        s.run_until(
            [&] { return threads.done() && closed >= 2 * rounds && dropped >= unread - 30; },
            "all to be read and ended");
        // What it was not told of as dropped is there.
        std::size_t kept = 0;
        for (bool ended = false; !ended;)
            s.run_until(
                [&] {
                    auto const next = idle.try_receive();
                    kept += next ? 1 : 0;
                    ended = next && next->method() == "last";
                    return next.has_value();
                },
                "what is kept");
        CHECK(kept + dropped == unread);
        CHECK(idle.connected());
        CHECK(s.left().hub->connections() == 1);
        CHECK(s.right().hub->connections() == 0);
    }
    CHECK(wrong.load() == 0);
    CHECK(closed.load() == 2 * rounds);
}

TEST_CASE("a hub may be closed while other threads use it, and what was begun ends, once") {
    auto const setting = next_setting<json_setup>();
    for (int round = 0; round < 2; ++round) {
        calls_stage s(setting, {.order = hubbub::delivery_order::local_first});
        std::atomic<int> told = 0;
        auto const out = [&](calls_invocation const& call) {
            ++told;
            if (call.wants_answer())
                call.reply(1);
        };
        auto ada = s.enter(s.left(), "ada", out);
        auto eve = s.enter(s.right(), "eve", out);
        tally asked;
        auto const anyhow = [](auto const&...) { return true; };
        {
            hubbub::testing::io_threads const runners(s.io(), 2);
            hubbub::testing::workers threads;
            for (int i = 0; i < 2; ++i)
                threads.start([&] {
                    auto const clients = s.left().hub->clients();
                    for (int n = 0; n < 30; ++n) {
                        clients.all().send("tell", n);
                        ada.send("note", n);
                        ada.async_invoke<hubbub::outcome<int>>("add", n, 1,
                                                               asked.expecting(anyhow));
                        for (auto* const c : {&ada, &eve})
                            clients.client(c->id()).async_invoke<hubbub::outcome<int>>(
                                "echo", n, asked.expecting(anyhow));
                        s.left().hub->async_connect("guest", out, asked.expecting(anyhow));
                        s.left().hub->async_add_to_group(eve.id(), "lobby",
                                                         asked.expecting(anyhow));
                        s.left().hub->async_groups_of(eve.id(), asked.expecting(anyhow));
                        s.left().hub->presence().async_count(asked.expecting(anyhow));
                        s.left().hub->servers().async_invoke<int>("load", asked.expecting(anyhow));
                    }
                });
            threads.start([&] {
                while (asked.begun < 100)
                    std::this_thread::yield();
                s.left().hub->close();
            });
            s.run_until([&] { return threads.done() && asked.done(); }, "all to end");
        }
        CHECK(asked.ended.load() == 2 * 30 * 8);
        CHECK(s.left().hub->clients().all().send("tell", 1) == hubbub::errc::closed);
        CHECK(s.left().hub->connections() == 0);
        CHECK(!ada.connected());
        auto const before = told.load();
        CHECK(!s.right().hub->clients().all().send("tell", 1)); // which goes on
        s.run_until([&] { return told > before; }, "the other server's client");
        CHECK(eve.connected());
    }
}

TEST_SUITE_END();
