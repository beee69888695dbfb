// What happens to users' objects when an operation is over before the call that began it returns.
#include "support/hub_stage.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/execution.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace {

/// Runs each function on a thread of its own, which is always quicker: the function has run when
/// execute returns.
struct quicker_thread {
    asio::io_context* io;

    template <class F>
    void execute(F f) const {
        std::thread(std::move(f)).join();
    }
    quicker_thread require(asio::execution::blocking_t::never_t /*what*/) const { return *this; }
    asio::execution_context& query(asio::execution::context_t /*what*/) const { return *io; }
    friend bool operator==(quicker_thread const&, quicker_thread const&) = default;
};

/// A client of the right server that is read, or called by out.
template <class Setup, class How>
auto connect_right(stage<Setup>& s, How how) {
    hubbub::connection<typename Setup::bus> connection;
    CHECK(!s.complete([&](auto done) {
        s.right().hub->async_connect("eve", std::move(how), [&, done](auto error, auto made) {
            connection = std::move(made);
            done(error);
        });
    }));
    return connection;
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("the slot of a call of a client is left alone when it is answered, however soon") {
    stage<in_place_setup> s({.on_redis = false, .servers = 2}, stage<in_place_setup>::defaults());
    auto const client = connect_right(s, [&](auto const& call) {
        call.reply(7);
        s.setup.io().restart();
        s.setup.io().poll(); // its way back, before the way here is over
    });
    asio::cancellation_signal stop;
    std::optional<int> answer;
    s.left()
        .hub->clients()
        .client(client.id())
        .async_invoke<int>(
            "ask", asio::bind_executor(
                       quicker_thread{&s.setup.io()},
                       asio::bind_cancellation_slot(stop.slot(), [&](hubbub::outcome<int> given) {
                           answer = *given;
                           CHECK(!stop.slot().has_handler());
                       })));
    CHECK(answer == 7);
    CHECK(!stop.slot().has_handler());
}

TEST_CASE("the slot of a receive is left alone when it is over, however soon") {
    stage<json_setup> s({.on_redis = false, .servers = 1}, stage<json_setup>::defaults());
    auto reader = connect_right(s, hubbub::outbox_options{});
    CHECK(!s.right().hub->clients().client(reader.id()).send("tell", "hi"));
    CHECK(!s.right().hub->clients().client(reader.id()).disconnect("bye"));
    s.run_until([&] { return !reader.connected(); }, "the end");
    for (std::error_code const expected :
         {std::error_code{}, make_error_code(hubbub::errc::disconnected)}) {
        asio::cancellation_signal stop;
        std::optional<std::error_code> told;
        reader.async_receive(asio::bind_executor(
            quicker_thread{&s.setup.io()},
            asio::bind_cancellation_slot(stop.slot(), [&](std::error_code error, auto const&) {
                told = error;
                CHECK(!stop.slot().has_handler());
            })));
        CHECK(told == expected);
        CHECK(!stop.slot().has_handler());
    }
}

TEST_CASE("a signal stops the receive it is of, and not a later one") {
    stage<json_setup> s({.on_redis = false, .servers = 1}, stage<json_setup>::defaults());
    auto reader = connect_right(s, hubbub::outbox_options{});
    asio::cancellation_signal stop;
    bool received = false;
    std::optional<std::error_code> later;
    auto const tell = [&] {
        CHECK(!s.right().hub->clients().client(reader.id()).send("tell", "hi"));
    };
    auto const receive_later = [&] {
        reader.async_receive([&](std::error_code error, auto const&) { later = error; });
    };
    bool told = false;
    SUBCASE("when its handler has run") {
        reader.async_receive(asio::bind_cancellation_slot(
            stop.slot(), [&](std::error_code error, auto const&) { received = !error; }));
        tell();
        s.run_until([&] { return received; }, "the first call");
        receive_later();
    }
    SUBCASE("when its handler is about to run") {
        tell();
        asio::post(s.setup.io(), [&] { told = true; });
        s.run_until([&] { return told; }, "the call to wait");
        reader.async_receive(asio::bind_cancellation_slot(
            stop.slot(), [&](std::error_code error, auto const&) { received = !error; }));
        receive_later();
        CHECK(!received);
    }
    stop.emit(asio::cancellation_type::all);
    tell();
    s.run_until([&] { return later.has_value(); }, "the later receive");
    CHECK(received);
    CHECK(!*later);
}

TEST_SUITE_END();
