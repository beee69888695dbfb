// What is left when a hub is closed or destroyed, on every bus.
#include "support/hub_stage.hpp"

#include <hubbub/hub/coroutines.hpp>

#include <asio/cancellation_state.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

TEST_SUITE_BEGIN("hub");

TEST_CASE("a handler may destroy its hub, and a connection may outlive it") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    auto& bob = s.connect(s.left());
    ada.methods.on("end", [&] { s.left().hub.reset(); });
    CHECK(!s.right().hub->clients().all().send("end"));
    s.run_until([&] { return s.left().hub == nullptr; }, "the hub's end");

    CHECK(bob.connection.send("anything") == hubbub::errc::closed);
    bob.connection.disconnect();
    ada.connection.disconnect();
}

TEST_CASE("a hub that is closed sends nothing any more, and says so") {
    stage<json_setup> s;
    auto& ada = s.connect(s.right(), "ada");
    auto& hub = *s.left().hub;
    hub.close();
    CHECK(hub.clients().all().send("tell", "nobody") == hubbub::errc::closed);
    CHECK(hub.clients().user("ada").disconnect("no reason") == hubbub::errc::closed);
    CHECK(hub.servers().send("do") == hubbub::errc::closed);
    s.flush(s.right());
    CHECK(ada.told.empty());
    CHECK(ada.connection.connected());
}

TEST_CASE("what waits when a hub is destroyed ends as closed") {
    stage<json_setup> s;
    auto const mute = s.mute_server();
    s.connect(s.right());

    std::optional<std::error_code> outcome;
    s.left().hub->async_add_to_group("mute-1", "lobby",
                                     [&](std::error_code error) { outcome = error; });
    s.left().hub.reset();
    s.run_until([&] { return outcome.has_value(); }, "the operation to end");
    CHECK(*outcome == hubbub::errc::closed);
}

TEST_CASE(
    "a hub that has ended begins nothing of its owner's any more, whatever was under way, and "
    "once it is destroyed tells no event") {
    for (bool const destroyed : {false, true}) {
        CAPTURE(destroyed);
        stage<json_setup> s;
        auto& hub = *s.left().hub;
        bool over = false;
        unsigned begun = 0;
        unsigned failures = 0;
        auto const called = [&](auto const&...) {
            begun += over ? 1 : 0;
            return true;
        };
        auto& ada = s.connect(s.left(), "ada");
        auto& bob = s.connect(s.left(), "bob");
        auto& eve = s.connect(s.right(), "eve");
        hub.on_connected(called);
        hub.on_disconnected(called);
        hub.on_authorize(called);
        hub.presence().set_observer(called);
        hub.set_observer([&](hubbub::hub_event const& e) {
            failures += over && std::holds_alternative<hubbub::call_failed>(e) ? 1 : 0;
        });
        hub.on("slow", []() -> asio::awaitable<void> {
            asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
            co_await timer.async_wait(asio::use_awaitable);
        });
        hub.on("next", [&] { called(); });

        unsigned under_way = 0;
        auto const one_more = [&] {
            ++under_way;
            return [&](auto const&...) { --under_way; };
        };
        for (auto const* const method : {"slow", "next"})
            ada.connection.async_invoke<hubbub::outcome<void>>(method, one_more());
        s.flush(s.right()); // the first one runs
        for (auto* const c : {&ada, &bob})
            c->methods.on("tell", [&](std::string /*text*/) { called(); });
        hub.async_connect("late", called, one_more());
        hub.async_drain(std::chrono::hours(1), "bye", one_more());
        CHECK(!hub.clients().all().send("tell", "all"));
        CHECK(!hub.clients().client(bob.id()).send("tell", "bob"));
        CHECK(!s.right().hub->clients().all().send("tell", "from afar"));
        s.right().hub->async_add_to_group(ada.id(), "lobby", one_more());
        s.right().hub->clients().client(ada.id()).async_invoke<hubbub::outcome<int>>("tell",
                                                                                     one_more());
        hub.async_add_to_group(eve.id(), "lobby", one_more());
        bob.connection.disconnect();
        if (destroyed)
            s.left().hub.reset();
        else
            hub.close();
        over = true;
        s.run_until([&] { return under_way == 0; }, "all that was under way");
        CHECK(begun == 0);
        CHECK(failures == (destroyed ? 0 : 2));
    }
}

TEST_CASE("a call that runs on after its hub is destroyed ends unheard, also with all else") {
    std::optional<stage<json_setup>> s;
    s.emplace();
    bool begun = false;
    unsigned events = 0;
    s->left().hub->on("save", [&]() -> asio::awaitable<void> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
        begun = true;
        co_await timer.async_wait(asio::use_awaitable);
    });
    CHECK(!s->connect(s->left()).connection.send("save"));
    s->run_until([&] { return begun; }, "the call to wait");
    s->left().hub->set_observer([&](hubbub::hub_event const& /*event*/) { ++events; });
    s->left().hub.reset();
    events = 0;
    s.reset();
    CHECK(events == 0);
}

TEST_CASE("a hub that has ended runs none of its server methods, and stops those that run") {
    stage<json_setup> s;
    auto& hub = *s.left().hub;
    auto const servers = hub.servers();
    bool waits = false;
    unsigned begun = 0;
    std::optional<std::error_code> stopped;
    lines failed;
    hub.servers().on("count", [&] { ++begun; });
    hub.servers().on("slow", [&]() -> asio::awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
        waits = true;
        try {
            co_await timer.async_wait(asio::use_awaitable);
        } catch (std::system_error const& e) {
            stopped = e.code();
        }
    });
    CHECK(!hub.servers().send("slow"));
    s.run_until([&] { return waits; }, "the method to wait");
    hub.set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const f = std::get_if<hubbub::call_failed>(&e))
            failed.push_back(std::string(f->method) + ": " + f->error.message());
    });

    CHECK(!hub.servers().send("count"));
    hub.close();
    CHECK(servers.send("count") == hubbub::errc::closed);
    std::optional<hubbub::collected<void>> given;
    servers.async_invoke<void>("count", [&](std::error_code, auto all) { given = std::move(all); });
    s.run_until([&] { return given && stopped; }, "the calls to end");
    CHECK(given->missing().size() == given->answers.size());
    CHECK(stopped == asio::error::operation_aborted);
    s.flush(s.right());
    CHECK(begun == 0);
    CHECK(std::count(failed.begin(), failed.end(),
                     "count: " + hubbub::make_error_code(hubbub::errc::closed).message()) >= 1);
}

TEST_SUITE_END();
