// Streams between a client and its hub. They do not take the backplane: one server, the local bus.
#include "support/stream_stage.hpp"

#include <hubbub/hub/coroutines.hpp>
#include <hubbub/hub/stream.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

asio::awaitable<void> count(int from, int to, hubbub::stream_writer<int> out) {
    for (int i = from; i <= to; ++i)
        co_await out.async_send(i, asio::use_awaitable);
}

/// The sum of a stream, and why it ended.
asio::awaitable<std::pair<int, hubbub::outcome<int>>> sum_of(hubbub::stream_reader<int> numbers) {
    int sum = 0;
    for (;;) {
        auto const item = co_await numbers.async_receive<hubbub::outcome<int>>(asio::use_awaitable);
        if (!item)
            co_return std::pair(sum, item);
        sum += *item;
    }
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE_TEMPLATE("the items of a stream arrive in order, and then its end", Setup, ALL_SETUPS) {
    stream_stage<Setup> s;
    s.hub().on("count", count);
    std::optional<hubbub::stream_writer<std::string>> kept;
    s.hub().on("tell", [&](hubbub::caller const& who, hubbub::stream_writer<std::string> out) {
        CHECK(!out.send("hello " + who.user()));
        kept = std::move(out);
    });

    auto numbers = s.ada().template stream<int>("count", 1, 100);
    for (int i = 1; i <= 100; ++i)
        REQUIRE(*s.next(numbers) == i);
    CHECK(s.next(numbers).error() == asio::error::eof);
    CHECK(s.next(numbers).error() == asio::error::eof);

    auto texts = s.ada().template stream<std::string>("tell");
    CHECK(*s.next(texts) == "hello ada");
    CHECK(!kept->send("bye"));
    kept->finish();
    CHECK(kept->send("too late") == hubbub::errc::closed);
    CHECK(*s.next(texts) == "bye");
    CHECK(s.next(texts).error() == asio::error::eof);
    CHECK(s.failures.empty());
}

TEST_CASE_TEMPLATE("a method takes streams, which the client ends with or without error", Setup,
                   ALL_SETUPS) {
    stream_stage<Setup> s;
    hubbub::outcome<int> end(0);
    s.hub().on("sum",
               [&](int start, hubbub::stream_reader<int> a,
                   hubbub::stream_reader<int> b) -> asio::awaitable<int> {
                   auto const [first, why] = co_await sum_of(std::move(a));
                   auto const [second, why_too] = co_await sum_of(std::move(b));
                   CHECK(why.error() == asio::error::eof);
                   end = why_too;
                   co_return start + first + second;
               });
    for (bool const fails : {false, true}) {
        auto a = s.ada().template make_stream<int>();
        auto b = s.ada().template make_stream<int>();
        std::optional<hubbub::outcome<int>> sum;
        s.ada().template async_invoke<hubbub::outcome<int>>(
            "sum", 1000, a, b, [&](hubbub::outcome<int> given) { sum = std::move(given); });
        for (int i = 1; i <= 10; ++i) {
            CHECK(!a.send(i));
            CHECK(!b.send(10 * i));
        }
        a.finish();
        if (fails)
            b.fail("no more paper");
        else
            b.finish();
        s.run_until([&] { return sum.has_value(); }, "the sum");
        CHECK(**sum == 1605);
        if (fails) {
            CHECK(end.error() == hubbub::hub_errc::stream_failed);
            CHECK(end.text() == "no more paper");
        } else {
            CHECK(end.error() == asio::error::eof);
        }
    }
}

TEST_CASE("who cancels a stream stops what sends it") {
    stream_stage<> s;
    codes stopped;
    s.hub().on("tick", [&](hubbub::stream_writer<int> out) -> asio::awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
        co_await out.async_send(1, asio::use_awaitable);
        try {
            co_await timer.async_wait(asio::use_awaitable);
        } catch (std::system_error const& e) {
            stopped.push_back(e.code());
            throw;
        }
    });
    s.hub().on("flood", [&](hubbub::stream_writer<int> out) -> asio::awaitable<void> {
        try {
            for (int i = 0;; ++i)
                co_await out.async_send(i, asio::use_awaitable);
        } catch (std::system_error const& e) {
            stopped.push_back(e.code());
            throw;
        }
    });
    std::optional<hubbub::stream_writer<int>> kept;
    s.hub().on("keep", [&](hubbub::stream_writer<int> out) { kept = std::move(out); });

    for (auto const* const method : {"tick", "flood"}) {
        auto items = s.ada().stream<int>(method);
        REQUIRE(s.next(items));
        s.settle();
        CHECK(stopped.empty());
        items.reset();
        s.run_until([&] { return stopped.size() == 1; }, "the method to stop");
        bool const sends = std::string(method) == "flood";
        CHECK(stopped == codes{sends ? std::error_code(asio::error::broken_pipe)
                                     : std::error_code(asio::error::operation_aborted)});
        stopped.clear();
    }
    {
        auto const items = s.ada().stream<int>("keep");
        s.settle();
        CHECK(!kept->send(1));
    }
    CHECK(kept->send(2) == asio::error::broken_pipe);
    kept.reset();
    s.settle();
    CHECK(s.failures == lines{"the stream was given up"}); // only who neither ends nor stops fails
}

TEST_CASE("what a method throws ends its stream, after the items before") {
    stream_stage<> s;
    s.hub().on("later", [](hubbub::stream_writer<int> out) -> asio::awaitable<void> {
        co_await out.async_send(1, asio::use_awaitable);
        throw hubbub::hub_error("no more");
    });
    s.hub().on("at once", [](hubbub::stream_writer<int> out) {
        CHECK(!out.send(1));
        throw std::runtime_error("secret");
    });
    s.hub().on("told", [](hubbub::stream_writer<int> out) {
        CHECK(!out.send(1));
        out.fail("enough");
    });
    s.hub().on("given up", [](hubbub::stream_writer<int> const& out) {
        CHECK(!hubbub::stream_writer(out).send(1));
    });
    struct expected {
        char const* method;
        hubbub::hub_errc error;
        char const* text;
    };
    for (auto const& e :
         {expected{"later", hubbub::hub_errc::method_failed, "no more"},
          expected{"at once", hubbub::hub_errc::method_failed,
                   "calling 'at once': the method failed"},
          expected{"told", hubbub::hub_errc::stream_failed, "enough"},
          expected{"given up", hubbub::hub_errc::stream_failed, "the stream was given up"}}) {
        auto items = s.ada().stream<int>(e.method);
        CHECK(*s.next(items) == 1);
        auto const end = s.next(items);
        CHECK(end.error() == e.error);
        CHECK(end.text() == e.text);
        REQUIRE(!s.failures.empty());
        CHECK(s.failures.back() == e.text);
    }
}

TEST_CASE("the end of a connection ends its streams on both sides") {
    for (bool const by_the_hub : {false, true}) {
        stream_stage<> s;
        std::optional<hubbub::outcome<int>> method_was_told;
        codes stopped;
        s.hub().on("take", [&](hubbub::stream_reader<int> in) -> asio::awaitable<void> {
            // Apart from the coroutine, which is cancelled too.
            auto kept = std::make_shared<hubbub::stream_reader<int>>(std::move(in));
            kept->async_receive<hubbub::outcome<int>>(
                [&, kept](hubbub::outcome<int> o) { method_was_told = std::move(o); });
            co_return;
        });
        s.hub().on("give", [&](hubbub::stream_writer<int> out) -> asio::awaitable<void> {
            try {
                for (int i = 0;; ++i)
                    co_await out.async_send(i, asio::use_awaitable);
            } catch (std::system_error const& e) {
                stopped.push_back(e.code());
                throw;
            }
        });
        auto writer = s.ada().make_stream<int>();
        auto ended = s.ada().stream<int>("give");
        CHECK(!s.ada().send("take", writer));
        s.settle();
        if (by_the_hub)
            CHECK(!s.hub().clients().all().disconnect("enough"));
        else
            s.ada().disconnect();
        s.run_until([&] { return method_was_told && !stopped.empty(); }, "the methods to be told");
        CHECK(method_was_told->error() == hubbub::hub_errc::connection_ended);
        CHECK(stopped == codes{hubbub::hub_errc::connection_ended});
        CHECK(writer.send(1) == hubbub::hub_errc::connection_ended);
        CHECK(s.next(ended).error() == hubbub::hub_errc::connection_ended);
    }
}

TEST_CASE("a send and a receive that wait can be cancelled, and nothing is lost by it") {
    auto options = stage<json_setup>::defaults();
    options.max_stream_items = 1;
    stream_stage<> s(options);
    std::optional<hubbub::stream_writer<int>> writer;
    s.hub().on("keep", [&](hubbub::stream_writer<int> out) { writer = std::move(out); });
    auto items = s.ada().stream<int>("keep");
    codes ended;
    asio::cancellation_signal signal;
    auto const note = [&](std::error_code error) { ended.push_back(error); };
    items.async_receive<hubbub::outcome<int>>(asio::bind_cancellation_slot(
        signal.slot(), [&](hubbub::outcome<int> given) { note(given.error()); }));
    s.settle();
    signal.emit(asio::cancellation_type::partial);
    s.settle();
    CHECK(ended == codes{asio::error::operation_aborted});

    writer->async_send(1, note);
    writer->async_send(2, asio::bind_cancellation_slot(signal.slot(), note));
    s.settle();
    signal.emit(asio::cancellation_type::total);
    s.settle();
    CHECK(ended == codes{asio::error::operation_aborted, {}, asio::error::operation_aborted});
    CHECK(*s.next(items) == 1);
    writer->finish();
    CHECK(s.next(items).error() == asio::error::eof);
}

TEST_CASE("an item of another type ends its stream, and both sides are told which it is") {
    stream_stage<> s;
    hubbub::outcome<int> end(0);
    s.hub().on("sum", [&](int, hubbub::stream_reader<int> in) -> asio::awaitable<int> {
        auto const [sum, why] = co_await sum_of(std::move(in));
        end = why;
        co_return sum;
    });
    s.hub().on("count", count);
    auto texts = s.ada().make_stream<std::string>();
    std::optional<hubbub::outcome<int>> sum;
    s.ada().async_invoke<hubbub::outcome<int>>("sum", 1, texts,
                                               [&](hubbub::outcome<int> given) { sum = given; });
    CHECK(!texts.send("one"));
    s.run_until([&] { return sum.has_value(); }, "the method to end");
    CHECK(end.error() == hubbub::hub_errc::wrong_arguments);
    CHECK(end.text() == "an item of argument 2 of 'sum' is of another type");
    CHECK(texts.send("two") == hubbub::hub_errc::wrong_arguments);

    auto words = s.ada().stream<std::string>("count", 1, 3);
    CHECK(s.next(words).text() == "an item of 'count' is of another type");
    CHECK(s.next(words).error() == hubbub::hub_errc::wrong_result);
}

TEST_CASE("a call with other streams than the method's fails, and says so at each end") {
    stream_stage<> s;
    s.hub().on("add", [](int a, int b) { return a + b; });
    s.hub().on("sum", [](hubbub::stream_reader<int>) { return 0; });
    s.hub().on("count", count);
    auto const failure = [&](auto const& method, auto... args) {
        auto items = s.ada().template stream<int>(method, args...);
        return s.next(items).text();
    };
    auto numbers = s.ada().make_stream<int>();
    CHECK(failure("none") == "there is no method 'none'");
    CHECK(failure("add", 1, 2) == "'add' answers with no stream");
    CHECK(failure("count", 1) == "'count' takes 2 arguments, not 1");
    CHECK(failure("sum") == "'sum' takes 1 streams, not 0");
    CHECK(failure("count", 1, 2, numbers) == "'count' takes 0 streams, not 1");
    s.settle();
    CHECK(numbers.send(1) == asio::error::broken_pipe); // the call has failed: nobody receives

    std::optional<std::string> text;
    s.ada().async_invoke<hubbub::outcome<int>>(
        "count", 1, 2, [&](hubbub::outcome<int> const& given) { text = given.text(); });
    s.run_until([&] { return text.has_value(); }, "an answer");
    CHECK(*text == "'count' answers with a stream");
}

TEST_CASE("a stream does not keep the other calls of its connection waiting") {
    stream_stage<> s;
    s.hub().on("flood", [](hubbub::stream_writer<int> out) -> asio::awaitable<void> {
        for (int i = 0;; ++i)
            co_await out.async_send(i, asio::use_awaitable);
    });
    s.hub().on("sum", [](hubbub::stream_reader<int> in) -> asio::awaitable<int> {
        co_return (co_await sum_of(std::move(in))).first;
    });
    bool called = false;
    s.hub().on("next", [&] { called = true; });
    auto const items = s.ada().stream<int>("flood");
    auto numbers = s.ada().make_stream<int>();
    std::optional<int> sum;
    s.ada().async_invoke<hubbub::outcome<int>>("sum", numbers,
                                               [&](hubbub::outcome<int> given) { sum = *given; });
    CHECK(!s.ada().send("next"));
    s.run_until([&] { return called; }, "the next call");
    CHECK(!sum);
    CHECK(!numbers.send(7));
    numbers.finish();
    s.run_until([&] { return sum.has_value(); }, "the sum");
    CHECK(sum == 7);
}

TEST_CASE_TEMPLATE("the next call runs when a method with a stream has begun, and not before",
                   Setup, ALL_SETUPS) {
    stream_stage<Setup> s;
    lines seen;
    std::optional<hubbub::stream_writer<int>> kept;
    s.hub().on("later", [&](hubbub::stream_writer<int> out) -> asio::awaitable<void> {
        CHECK(!s.ada().send("next"));
        seen.emplace_back("begins");
        co_await out.async_send(1, asio::use_awaitable);
        for (;;) // it goes on until nobody receives
            co_await out.async_send(2, asio::use_awaitable);
    });
    s.hub().on("at once", [&](hubbub::stream_writer<int> out) {
        CHECK(!s.ada().send("next"));
        seen.emplace_back("begins");
        kept = std::move(out);
    });
    s.hub().on("next", [&] { seen.emplace_back("next"); });
    for (auto const* const method : {"later", "at once"}) {
        auto const items = s.ada().template stream<int>(method);
        CHECK(!s.ada().send("next"));
        s.settle();
        CHECK(seen == lines{"begins", "next", "next"});
        seen.clear();
    }
}

TEST_CASE("what a client awaits its call with keeps none of the streams that the method is done "
          "with") {
    stream_stage<> s;
    std::optional<int> first;
    s.hub().on("first", [&](hubbub::stream_reader<int> in) -> asio::awaitable<void> {
        first = co_await in.async_receive(asio::use_awaitable);
        in.reset();
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
        co_await timer.async_wait(asio::use_awaitable);
    });
    auto numbers = s.ada().make_stream<int>();
    asio::co_spawn(
        s.io(),
        [&]() -> asio::awaitable<void> {
            static_cast<void>(co_await s.ada().async_invoke<hubbub::outcome<void>>(
                "first", numbers, asio::use_awaitable));
        },
        asio::detached);
    CHECK(!numbers.send(1));
    s.run_until([&] { return first.has_value(); }, "the first item");
    s.settle();
    CHECK(numbers.send(2) == asio::error::broken_pipe);
}

TEST_SUITE_END();
