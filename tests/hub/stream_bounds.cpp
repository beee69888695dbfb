// What a connection may have of streams, and what is refused.
#include "support/stream_stage.hpp"

#include <hubbub/hub/coroutines.hpp>
#include <hubbub/hub/stream.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

/// A server on which so many streams of a connection may be open, with the methods "keep", which
/// answers with a stream, and "take", which takes one.
struct bounded_stage : stream_stage<> {
    explicit bounded_stage(std::size_t most) : bounded_stage(next_setting<json_setup>(), most) {}
    bounded_stage(hub_setting const& on, std::size_t most) : stream_stage(on, options(most)) {
        hub().on("keep",
                 [this](hubbub::stream_writer<int> out) { writers.push_back(std::move(out)); });
        hub().on("take",
                 [this](hubbub::stream_reader<int> in) { readers.push_back(std::move(in)); });
    }

    static hubbub::hub_options options(std::size_t most) {
        auto o = defaults();
        o.max_streams = most;
        return o;
    }

    std::vector<hubbub::stream_writer<int>> writers;
    std::vector<hubbub::stream_reader<int>> readers;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a stream beyond those that a connection may have is refused, and nothing else happens") {
    bounded_stage s(2);
    auto answer = s.ada().stream<int>("keep");
    auto numbers = s.ada().make_stream<int>();
    REQUIRE(s.writers.size() == 1);

    auto refused = s.ada().stream<int>("keep");
    auto const told = s.next(refused);
    CHECK(told.error() == hubbub::hub_errc::refused);
    CHECK(told.text() == "the connection has as many streams as it may");
    auto too_many = s.ada().make_stream<int>();
    CHECK(too_many.send(1) == hubbub::hub_errc::refused);
    CHECK(s.ada().send("take", too_many) == hubbub::hub_errc::refused);
    std::optional<std::error_code> invoked;
    s.ada().async_invoke<hubbub::outcome<void>>(
        "take", too_many, [&](hubbub::outcome<void> const& given) { invoked = given.error(); });
    s.settle();
    CHECK(invoked == hubbub::hub_errc::refused);
    CHECK(s.writers.size() == 1); // no method was called
    CHECK(s.readers.empty());
    CHECK(s.failures.empty());

    // The others go on, and those of another connection have places of their own.
    CHECK(!s.writers.front().send(7));
    CHECK(*s.next(answer) == 7);
    CHECK(!numbers.send(8));
    CHECK(!s.ada().send("take", numbers));
    CHECK(*s.next(s.readers.front()) == 8);
    auto& eve = s.connect(s.left(), "eve").connection;
    auto const of_eve = eve.stream<int>("keep");
    CHECK(s.writers.size() == 2);
}

TEST_CASE("a stream that ended, however it did, makes room for another") {
    on_each_setting<json_setup>([](hub_setting const& on) {
        bounded_stage s(on, 1);
        auto const has_room = [&] { return !s.ada().make_stream<int>().send(1); };
        REQUIRE(has_room()); // given up at once

        SUBCASE("finished, when its last item is received") {
            auto items = s.ada().stream<int>("keep");
            CHECK(!s.writers.back().send(1));
            s.writers.back().finish();
            CHECK(!has_room()); // it is kept still
            CHECK(*s.next(items) == 1);
            CHECK(has_room());
            CHECK(s.next(items).error() == asio::error::eof);
        }
        SUBCASE("failed") {
            auto items = s.ada().stream<int>("keep");
            CHECK(!has_room());
            s.writers.back().fail("no more");
            CHECK(has_room());
            CHECK(s.next(items).text() == "no more");
        }
        SUBCASE("cancelled") {
            auto items = s.ada().stream<int>("keep");
            CHECK(!has_room());
            items.reset();
            CHECK(has_room());
        }
        SUBCASE("of a method that is not there") {
            auto items = s.ada().stream<int>("none");
            CHECK(s.next(items).error() == hubbub::hub_errc::unknown_method);
            CHECK(has_room());
        }
        SUBCASE("received by nobody any more") {
            auto numbers = s.ada().make_stream<int>();
            CHECK(!s.ada().send("take", numbers));
            CHECK(!has_room());
            s.readers.clear();
            CHECK(has_room());
        }
    });
}

TEST_CASE_TEMPLATE("a method that wants no more of a stream tells who sends, and goes on", Setup,
                   ALL_SETUPS) {
    auto options = stage<Setup>::defaults();
    options.max_stream_items = 1;
    options.max_streams = 2;
    stream_stage<Setup> s(options);
    std::optional<hubbub::stream_writer<int>> kept;
    s.hub().on(
        "resets",
        [](hubbub::stream_reader<int> in, hubbub::stream_writer<int> out) -> asio::awaitable<void> {
            in.reset();
            for (;;)
                co_await out.async_send(1, asio::use_awaitable);
        });
    s.hub().on("drops", [&](hubbub::stream_reader<int> const&, hubbub::stream_writer<int> out) {
        kept = std::move(out);
    });
    for (auto const* const method : {"resets", "drops"}) {
        auto numbers = s.ada().template make_stream<int>();
        codes sent;
        for (int i = 0; i < 2; ++i)
            numbers.async_send(i, [&](std::error_code error) { sent.push_back(error); });
        auto const items = s.ada().template stream<int>(method, numbers);
        s.settle();
        CHECK(sent == codes{{}, asio::error::broken_pipe});
        CHECK(!s.ada().template make_stream<int>().send(1)); // there is a place for it
    }
}

TEST_CASE("with no limit any number of streams is open") {
    bounded_stage s(0);
    std::vector<hubbub::stream_reader<int>> items;
    for (int i = 0; i < 300; ++i)
        items.push_back(s.ada().stream<int>("keep"));
    for (auto& out : s.writers)
        CHECK(!out.send(1));
    for (auto& in : items)
        CHECK(*s.next(in) == 1);
}

TEST_CASE("who sends faster than is received waits, and no more is kept than allowed") {
    auto options = stage<json_setup>::defaults();
    options.max_stream_items = 3;
    stream_stage<> s(options);
    int sent = 0;
    s.hub().on("flood", [&](hubbub::stream_writer<int> out) -> asio::awaitable<void> {
        for (int i = 0;; ++i, ++sent)
            co_await out.async_send(i, asio::use_awaitable);
    });
    auto items = s.ada().stream<int>("flood");
    s.settle();
    CHECK(sent == 3);
    for (int i = 0; i < 10; ++i) {
        CHECK(*s.next(items) == i);
        s.settle();
        CHECK(sent == 4 + i);
    }

    auto numbers = s.ada().make_stream<int>();
    codes done;
    for (int i = 0; i < 7; ++i)
        numbers.async_send(i, [&](std::error_code error) { done.push_back(error); });
    CHECK(numbers.send(7) == hubbub::errc::queue_full);
    s.settle();
    CHECK(done == codes{{}, {}, {}, hubbub::errc::queue_full}); // 3 are kept, 3 wait, 1 is refused
    numbers.finish();
    lines received;
    s.hub().on("take", [&](hubbub::stream_reader<int> in) -> asio::awaitable<void> {
        for (;;) {
            auto const item = co_await in.async_receive<hubbub::outcome<int>>(asio::use_awaitable);
            received.push_back(item ? std::to_string(*item) : item.error().message());
            if (!item)
                break;
        }
    });
    CHECK(!s.ada().send("take", numbers));
    s.settle();
    CHECK(received ==
          lines{"0", "1", "2", "3", "4", "5", std::error_code(asio::error::eof).message()});
    CHECK(done.size() == 7);
}

TEST_CASE("a stream is bounded in bytes, too, where that is asked for") {
    on_each_setting<json_setup>([](hub_setting const& on) {
        auto options = stage<json_setup>::defaults();
        options.max_stream_bytes = 30;
        stream_stage<> s(on, options);
        auto words = s.ada().make_stream<std::string>();
        std::string const eight(6, 'x'); // with its quotes
        std::string const large(100, 'x');
        std::vector<hubbub::stream_reader<std::string>> in;
        s.hub().on("take",
                   [&](hubbub::stream_reader<std::string> r) { in.push_back(std::move(r)); });
        CHECK(!s.ada().send("take", words));
        REQUIRE(in.size() == 1);
        codes done;
        auto const send = [&](std::string const& text) {
            words.async_send(text, [&](std::error_code error) { done.push_back(error); });
            s.settle();
        };

        SUBCASE("those within it are kept, as many more wait, and those beyond are refused") {
            for (int i = 0; i < 3; ++i)
                CHECK(!words.send(eight));
            CHECK(words.send(eight) == hubbub::errc::queue_full);
            CHECK(!words.send("")); // there is room for it
            for (int i = 0; i < 3; ++i)
                send(eight);
            CHECK(done.empty());
            CHECK(words.send("") == hubbub::errc::queue_full); // nothing overtakes what waits
            send(eight);
            CHECK(done == codes{hubbub::errc::queue_full});
            for (int i = 0; i < 3; ++i)
                CHECK(*s.next(in[0]) == eight);
            CHECK(*s.next(in[0]) == "");
            s.settle();
            CHECK(done == codes{hubbub::errc::queue_full, {}, {}, {}});
        }
        SUBCASE("an item that is larger is kept alone") {
            CHECK(!words.send(eight));
            CHECK(words.send(large) == hubbub::errc::queue_full);
            send(large); // it waits alone, too
            send(eight);
            CHECK(done == codes{hubbub::errc::queue_full});
            CHECK(*s.next(in[0]) == eight);
            s.settle();
            CHECK(done == codes{hubbub::errc::queue_full, {}});
            CHECK(words.send(eight) == hubbub::errc::queue_full);
            CHECK(*s.next(in[0]) == large);
            CHECK(!words.send(eight));
            CHECK(*s.next(in[0]) == eight);
        }
        SUBCASE("what waits behind one that is taken back is kept, if there is room") {
            for (int i = 0; i < 2; ++i)
                CHECK(!words.send(eight));
            asio::cancellation_signal stop;
            std::optional<std::error_code> taken_back;
            words.async_send(std::string(18, 'x'),
                             asio::bind_cancellation_slot(
                                 stop.slot(), [&](std::error_code error) { taken_back = error; }));
            send(eight);
            CHECK(done.empty());
            stop.emit(asio::cancellation_type::terminal);
            s.settle();
            CHECK(taken_back == asio::error::operation_aborted);
            CHECK(done == codes{std::error_code{}});
            for (int i = 0; i < 3; ++i)
                CHECK(*s.next(in[0]) == eight);
        }
    });
}

TEST_CASE("with no bound in bytes items of any size are kept, within that in items") {
    stream_stage<> s;
    auto words = s.ada().make_stream<std::string>();
    for (std::size_t i = 0; i < stage<json_setup>::defaults().max_stream_items; ++i)
        CHECK(!words.send(std::string(100'000, 'x')));
    CHECK(words.send("") == hubbub::errc::queue_full);
}

TEST_CASE("a stream that packs by another serializer fails the call, and does not vanish from it") {
    bounded_stage s(10);
    stream_stage<in_place_setup> other({.on_redis = false, .servers = 1}, {});
    auto const foreign = other.ada().make_stream<int>();
    CHECK(s.ada().send("take", foreign) == hubbub::errc::cannot_encode);
    auto items = s.ada().stream<int>("take", foreign);
    CHECK(s.next(items).error() == hubbub::errc::cannot_encode);
    CHECK(s.ada().send("take", hubbub::stream_writer<int>()) == hubbub::errc::cannot_encode);
    s.settle();
    CHECK(s.readers.empty());
}

TEST_CASE("a receive from a reader of nothing, or that was reset, completes as closed") {
    bounded_stage s(10);
    hubbub::stream_reader<int> nothing;
    std::optional<std::error_code> told;
    nothing.async_receive<hubbub::outcome<int>>(asio::bind_executor(
        s.io().get_executor(), [&](auto const& given) { told = given.error(); }));
    CHECK(!told); // never at once
    s.run_until([&] { return told.has_value(); }, "an answer");
    CHECK(told == hubbub::errc::closed);

    auto items = s.ada().stream<int>("keep");
    items.reset();
    CHECK(s.next(items).error() == hubbub::errc::closed);
}

TEST_SUITE_END();
