// What happens to users' objects when an operation is over before the call that began it returns,
// and when they come back to the hub as they are destroyed.
#include "support/stream_stage.hpp"

#include <hubbub/hub/stream.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/execution.hpp>
#include <asio/post.hpp>
#include <doctest/doctest.h>

#include <cstddef>
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

/// A client of the right server that is called by out.
template <class Setup, class Out>
auto connect_right(stage<Setup>& s, Out out) {
    hubbub::connection<typename Setup::bus> connection;
    CHECK(!s.complete([&](auto done) {
        s.right().hub->async_connect("eve", std::move(out), [&, done](auto error, auto made) {
            connection = std::move(made);
            done(error);
        });
    }));
    return connection;
}

/// A client of the right server that is read.
template <class Setup>
auto connect_reader(stage<Setup>& s, hubbub::outbox_options const& box = {}) {
    hubbub::receiving_connection<typename Setup::bus> connection;
    CHECK(!s.complete([&](auto done) {
        s.right().hub->async_connect_receiver("eve", box, [&, done](auto error, auto made) {
            connection = std::move(made);
            done(error);
        });
    }));
    return connection;
}

/// Calls f when the last copy is destroyed.
template <class F>
std::shared_ptr<void> at_end(F f) {
    return {static_cast<void*>(nullptr), [f](void*) { f(); }};
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("the slot of a call of a client is left alone when it is answered, however soon") {
    stage<in_place_setup> s({.on_redis = false, .servers = 2}, stage<in_place_setup>::defaults());
    auto const client = connect_right(s, [&](auto const& call) {
        call.reply(7);
        s.io().restart();
        s.io().poll(); // its way back, before the way here is over
    });
    asio::cancellation_signal stop;
    std::optional<int> answer;
    s.left()
        .hub->clients()
        .client(client.id())
        .async_invoke<hubbub::outcome<int>>(
            "ask", asio::bind_executor(
                       quicker_thread{&s.io()},
                       asio::bind_cancellation_slot(stop.slot(), [&](hubbub::outcome<int> given) {
                           answer = *given;
                           CHECK(!stop.slot().has_handler());
                       })));
    CHECK(answer == 7);
    CHECK(!stop.slot().has_handler());
}

TEST_CASE("the slot of a receive is left alone when it is over, however soon") {
    stage<json_setup> s({.on_redis = false, .servers = 1}, stage<json_setup>::defaults());
    auto reader = connect_reader(s);
    CHECK(!s.right().hub->clients().client(reader.id()).send("tell", "hi"));
    CHECK(!s.right().hub->clients().client(reader.id()).disconnect("bye"));
    s.run_until([&] { return !reader.connected(); }, "the end");
    for (std::error_code const expected :
         {std::error_code{}, make_error_code(hubbub::errc::disconnected)}) {
        asio::cancellation_signal stop;
        std::optional<std::error_code> told;
        reader.async_receive(asio::bind_executor(
            quicker_thread{&s.io()},
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
    auto reader = connect_reader(s);
    asio::cancellation_signal stop;
    bool received = false;
    std::optional<std::error_code> later;
    auto const tell = [&] {
        CHECK(!s.right().hub->clients().client(reader.id()).send("tell", "hi"));
    };
    auto const receive_later = [&] {
        reader.async_receive([&](std::error_code error, auto const&) { later = error; });
    };
    SUBCASE("when its handler has run") {
        reader.async_receive(asio::bind_cancellation_slot(
            stop.slot(), [&](std::error_code error, auto const&) { received = !error; }));
        tell();
        s.run_until([&] { return received; }, "the first call");
        receive_later();
    }
    SUBCASE("when its handler is about to run") {
        auto const& other = s.connect(s.right());
        tell();
        CHECK(!s.right().hub->clients().client(other.id()).send("tell", "that one waits"));
        s.run_until([&] { return !other.told.empty(); }, "the call before to wait");
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

TEST_CASE("a signal stops the receive of a stream that it is of, and not a later one") {
    on_each_setting<json_setup>([](hub_setting const& on) {
        stream_stage<> s(on, stage<json_setup>::defaults());
        hubbub::stream_writer<int> out;
        s.hub().on("keep", [&](hubbub::stream_writer<int> to) { out = std::move(to); });
        auto items = s.ada().stream<int>("keep");
        asio::cancellation_signal stop;
        std::optional<int> received;
        std::optional<int> later;
        auto const receive = [&] {
            items.async_receive(
                asio::bind_cancellation_slot(stop.slot(), [&](std::error_code error, int item) {
                    received = error ? -1 : item;
                }));
        };
        auto const receive_later = [&] {
            items.async_receive(
                [&](std::error_code error, int item) { later = error ? -1 : item; });
        };
        SUBCASE("when its handler has run") {
            receive();
            CHECK(!out.send(1));
            s.run_until([&] { return received.has_value(); }, "the first item");
            receive_later();
        }
        SUBCASE("when its handler is about to run") {
            CHECK(!out.send(1));
            receive();
            receive_later();
            CHECK(!received);
        }
        SUBCASE("when it was refused, since another waits") {
            receive_later();
            receive();
            CHECK(!received);
        }
        stop.emit(asio::cancellation_type::all);
        CHECK(!out.send(2));
        s.run_until([&] { return later.has_value() && received.has_value(); }, "both");
        CHECK(later == 2);
    });
}

TEST_CASE("the signal of a send that was refused stops none that waits") {
    auto options = stage<json_setup>::defaults();
    options.max_stream_items = 1;
    stream_stage<> s(options);
    auto items = s.ada().make_stream<int>();
    asio::cancellation_signal stop;
    codes first;
    std::optional<std::error_code> refused;
    CHECK(!items.send(1));
    items.async_send(2, [&](std::error_code error) { first.push_back(error); });
    items.async_send(3, asio::bind_cancellation_slot(
                            stop.slot(), [&](std::error_code error) { refused = error; }));
    stop.emit(asio::cancellation_type::all); // its handler has not run yet
    s.settle();
    CHECK(refused == hubbub::make_error_code(hubbub::errc::queue_full));
    CHECK(first.empty());
}

TEST_CASE("the living do not pay for what a connection leaves unread, even while it ends") {
    auto options = stage<json_setup>::defaults();
    options.outbox_budget = 2000;
    options.max_stream_items = 1;
    stream_stage<> s({.on_redis = false, .servers = 1}, options);
    auto gone = connect_reader(s);
    auto alive = connect_reader(s);
    auto const tell = [&](std::string const& id, std::size_t size) {
        CHECK(!s.hub().clients().client(id).send("tell", std::string(size, 'x')));
        s.settle();
    };
    tell(gone.id(), 1800);
    auto items = gone.make_stream<int>();
    CHECK(!items.send(1));
    std::optional<std::error_code> told;
    items.async_send(2, asio::bind_executor(quicker_thread{&s.io()}, [&](auto error) {
                         told = error;
                         tell(alive.id(), 500); // with what is left unread it would be too much
                     }));
    gone.disconnect();
    CHECK(told == hubbub::make_error_code(hubbub::hub_errc::connection_ended));
    CHECK(alive.connected());
    CHECK(alive.try_receive());
}

TEST_CASE("a method that is replaced may define another when it dies") {
    stream_stage<> s;
    bool died = false;
    s.hub().on("first", [last = at_end([&] {
                             s.hub().on("second", [] {});
                             died = true;
                         })] { CHECK(!last); });
    s.hub().on("first", [] {});
    CHECK(died);
}

TEST_CASE("a presence observer may end the watch, and again when it dies of it") {
    stream_stage<> s;
    bool died = false;
    auto const stop = [&] { s.hub().presence().set_observer({}); };
    s.hub().presence().set_observer([stop, last = at_end([&died, stop] {
                                               stop();
                                               died = true;
                                           })](auto const& /*change*/) {
        CHECK(!last);
        stop();
    });
    s.run_until([&] { return died; }, "the observer to go");
}

TEST_CASE("an argument that is dropped from an outbox may read from it when it dies") {
    auto options = stage<in_place_setup>::defaults();
    options.outbox_budget = 100; // less than two calls
    hubbub::outbox_options box{.max_messages = 1};
    for (auto const policy :
         {hubbub::overflow_policy::drop_oldest, hubbub::overflow_policy::latest_per_key,
          hubbub::overflow_policy::disconnect})
        for (auto const most : {std::size_t{1}, std::size_t{10}}) { // its own bound, or that of all
            box = {.max_messages = most, .when_full = policy};
            stage<in_place_setup> s({.on_redis = false, .servers = 1}, options);
            auto reader = connect_reader(s, box);
            auto const client = s.right().hub->clients().client(reader.id());
            bool died = false;
            auto const argument = [&](std::shared_ptr<void> what) {
                CHECK(!client.send("tell", std::move(what)));
            };
            argument(at_end([&] {
                static_cast<void>(reader.try_receive());
                died = true;
            }));
            argument(nullptr);
            s.run_until([&] { return died; }, "the first to be dropped");
        }
}

TEST_CASE("an item whose send is cancelled may send another when it dies") {
    auto options = stage<in_place_setup>::defaults();
    options.max_stream_items = 1;
    stream_stage<in_place_setup> s(options);
    auto items = s.ada().make_stream<std::shared_ptr<void>>();
    CHECK(!items.send(nullptr));
    asio::cancellation_signal stop;
    std::optional<std::error_code> sent;
    std::optional<std::error_code> again;
    items.async_send(
        at_end([&] { again = items.send(nullptr); }),
        asio::bind_cancellation_slot(stop.slot(), [&](std::error_code error) { sent = error; }));
    stop.emit(asio::cancellation_type::all);
    CHECK(again == hubbub::make_error_code(hubbub::errc::queue_full));
    s.run_until([&] { return sent.has_value(); }, "the cancellation");
    CHECK(sent == asio::error::operation_aborted);
}

TEST_SUITE_END();
