// Calls whose arguments and answers travel in the encoding of the bus, as a gateway passes them on; and
// calls in Asio's shape, which may be cancelled.
#include "support/hub_stage.hpp"

#include <hubbub/hub/coroutines.hpp>
#include <hubbub/hub/presence.hpp>
#include <hubbub/hub/servers.hpp>
#include <hubbub/hub/stream.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using hubbub::encoded;
using answer_text = hubbub::outcome<encoded>;
using names = std::vector<std::string>;

/// A client of a hub on JSON, and what its packed calls are answered.
struct packed_stage : stage<json_setup> {
    packed_stage() { connect(left(), "ada"); }

    auto& ada() { return clients.front().connection; }

    answer_text invoke(std::string_view method, std::string arguments) {
        std::optional<answer_text> answer;
        ada().async_invoke_packed<answer_text>(
            method, encoded{std::move(arguments)},
            [&](answer_text given) { answer = std::move(given); });
        run_until([&] { return answer.has_value(); }, "an answer");
        return *std::move(answer);
    }
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a packed call brings its arguments, and is answered in the same encoding") {
    packed_stage s;
    s.left().hub->on("add", [](int a, int b) { return a + b; });
    s.left().hub->on("names", [] { return names{"ada", "b\"ob"}; });
    s.left().hub->on("nothing", [] {});
    CHECK(s.invoke("add", "[1, 2]")->bytes == "3");
    CHECK(s.invoke("names", "[]")->bytes == R"(["ada","b\"ob"])");
    CHECK(s.invoke("nothing", "[]")->bytes == "null");
    int sum = 0;
    s.ada().async_invoke_packed<int>("add", {"[3,4]"}, [&](std::error_code error, int given) {
        CHECK(!error);
        sum = given;
    });
    s.run_until([&] { return sum != 0; }, "a typed answer");
    CHECK(sum == 7);
}

TEST_CASE("a packed call with bytes that are no value, or other arguments, fails alone") {
    packed_stage s;
    int calls = 0;
    s.left().hub->on("add", [&](int a, int b) {
        ++calls;
        return a + b;
    });
    for (auto const* const wrong : {"", "[1,2", "[1,2],\"x\":[3]", "[1,2]]", "\xff", "nul"})
        CHECK(s.invoke("add", wrong).error() == hubbub::errc::malformed_payload);
    for (auto const* const other : {"[1]", "[1,2,3]", "{}", "3", "[1,\"2\"]"}) {
        auto const given = s.invoke("add", other);
        CHECK(given.error() == hubbub::hub_errc::wrong_arguments);
        CHECK(!given.text().empty());
    }
    CHECK(s.invoke("nobody", "[]").error() == hubbub::hub_errc::unknown_method);
    CHECK(s.ada().send_packed("add", {"[1,2"}) == hubbub::errc::malformed_payload);
    CHECK(calls == 0);
    CHECK(s.invoke("add", "[1,2]")->bytes == "3");
}

TEST_CASE("a call that waits for no answer, and streams, go packed as well") {
    packed_stage s;
    std::string said;
    s.left().hub->on("say", [&](std::string text) { said = std::move(text); });
    s.left().hub->on("sum", [](int first, hubbub::stream_reader<int> in) -> asio::awaitable<int> {
        while (auto const item =
                   co_await in.async_receive<hubbub::outcome<int>>(asio::use_awaitable))
            first += *item;
        co_return first;
    });
    s.left().hub->on("count", [](int to, hubbub::stream_writer<int> out) -> asio::awaitable<void> {
        for (int i = 1; i <= to; ++i)
            co_await out.async_send(i, asio::use_awaitable);
    });
    CHECK(!s.ada().send_packed("say", {R"(["hello"])"}));
    s.run_until([&] { return said == "hello"; }, "what was said");

    auto up = s.ada().make_stream<encoded>();
    std::string sum;
    s.ada().async_invoke_packed("sum", {"[10]"}, up, [&](std::error_code error, encoded given) {
        CHECK(!error);
        sum = given.bytes;
    });
    CHECK(!up.send({"1"}));
    CHECK(!up.send({"2"}));
    up.finish();
    s.run_until([&] { return !sum.empty(); }, "a sum");
    CHECK(sum == "13");

    auto down = s.ada().stream_packed("count", {"[2]"});
    names items;
    std::function<void()> const read = [&] {
        down.async_receive([&](std::error_code error, encoded item) {
            items.push_back(error ? error.message() : item.bytes);
            if (!error)
                read();
        });
    };
    read();
    s.run_until([&] { return items.size() == 3; }, "the end of a stream");
    CHECK(items == names{"1", "2", make_error_code(asio::error::eof).message()});
}

TEST_CASE("a client's answer may be packed, and is refused if it is no value") {
    packed_stage s;
    hubbub::receiving_connection<hub_bus> gateway;
    CHECK(!s.complete([&](auto done) {
        s.right().hub->async_connect_receiver("eve", {},
                                              [&, done](std::error_code error, auto made) {
                                                  gateway = std::move(made);
                                                  done(error);
                                              });
    }));
    for (auto const& [bytes, expected] :
         {std::pair{"[1,2]", std::error_code()},
          std::pair{"1],\"x\":[2", make_error_code(hubbub::errc::cannot_encode)}}) {
        std::optional<std::pair<std::error_code, std::vector<int>>> answer;
        s.left()
            .hub->clients()
            .client(gateway.id())
            .async_invoke<std::vector<int>>("ask",
                                            [&](std::error_code error, std::vector<int> given) {
                                                answer.emplace(error, std::move(given));
                                            });
        bool replied = false;
        gateway.async_receive(
            [&, said = std::string(bytes)](std::error_code error, auto const& call) {
                REQUIRE(!error);
                call.reply_packed(encoded{said});
                replied = true;
            });
        s.run_until([&] { return replied && answer; }, "an answer");
        CHECK(answer->first == expected);
        CHECK(answer->second == (expected ? std::vector<int>() : std::vector<int>{1, 2}));
    }
}

TEST_CASE("objects on their way have no encoding: a packed call of them cannot be encoded") {
    stage<in_place_setup> s;
    auto& ada = s.connect(s.left(), "ada");
    std::error_code failed;
    ada.connection.async_invoke_packed<int>("add", {"[1,2]"},
                                            [&](std::error_code error, int) { failed = error; });
    s.run_until([&] { return static_cast<bool>(failed); }, "a failure");
    CHECK(failed == hubbub::errc::cannot_encode);
}

TEST_CASE("a call completes with an error and a value, and throws in a coroutine") {
    packed_stage s;
    s.left().hub->on("half", [](int n) {
        if (n % 2 != 0)
            throw hubbub::hub_error("odd");
        return n / 2;
    });
    std::vector<std::pair<std::error_code, int>> got;
    for (int const n : {4, 5})
        s.ada().async_invoke<int>(
            "half", n, [&](std::error_code error, int half) { got.emplace_back(error, half); });
    std::error_code thrown;
    asio::co_spawn(
        s.io(),
        [&]() -> asio::awaitable<void> {
            CHECK(co_await s.ada().async_invoke<int>("half", 8, asio::use_awaitable) == 4);
            co_await s.ada().async_invoke("half", 3, asio::use_awaitable);
        },
        [&](std::exception_ptr const& e) {
            try {
                std::rethrow_exception(e);
            } catch (std::system_error const& error) {
                thrown = error.code();
            }
        });
    s.run_until([&] { return got.size() == 2 && thrown; }, "the answers");
    CHECK(got == std::vector<std::pair<std::error_code, int>>{
                     {{}, 2}, {hubbub::hub_errc::method_failed, 0}});
    CHECK(thrown == hubbub::hub_errc::method_failed);
}

TEST_CASE("a caller names its connection, and a name alone stands for options") {
    packed_stage s;
    hubbub::hub other{s.left().bus, "another"};
    CHECK(other.server_id() != s.left().hub->server_id());
    names groups;
    int age = 0;
    s.clients.front().methods.on("age", [] { return 36; });
    s.left().hub->on("join", [&](hubbub::caller const& who, std::string room) {
        auto& hub = *s.left().hub;
        hub.async_add_to_group(who, room, [&hub, &groups, who](std::error_code error) {
            CHECK(!error);
            hub.async_groups_of(who, [&](std::error_code failed, names all) {
                CHECK(!failed);
                groups = std::move(all);
            });
        });
        hub.clients().client(who).async_invoke<int>("age", [&](std::error_code error, int given) {
            CHECK(!error);
            age = given;
        });
    });
    CHECK(!s.ada().send("join", "lobby"));
    s.run_until([&] { return !groups.empty() && age != 0; }, "the groups, and an answer");
    CHECK(groups == names{"lobby"});
    CHECK(age == 36);
}

TEST_CASE("one name stands for a list of one, text for what is encoded, a connection for its id") {
    packed_stage s;
    s.left().hub->on("add", [](int a, int b) { return a + b; });
    std::string sum;
    s.ada().async_invoke_packed("add", "[1,2]", [&](std::error_code error, encoded given) {
        CHECK(!error);
        sum = given.bytes;
    });
    s.run_until([&] { return !sum.empty(); }, "a sum");
    CHECK(sum == "3");

    auto& eve = s.connect(s.right(), "eve");
    auto& hub = *s.left().hub;
    CHECK(!s.complete([&](auto done) { hub.async_add_to_group(eve.connection, "lobby", done); }));
    auto const all = hub.clients().all();
    CHECK(!all.except(eve.id()).send("tell", "not to her id"));
    CHECK(!all.except_users("eve").send("tell", "not to her"));
    CHECK(!all.except_groups("lobby").send("tell", "not to her group"));
    CHECK(!all.send("tell", "to all"));
    s.flush(s.left());
    CHECK(eve.told == lines{"to all"});
    CHECK(s.clients.front().told.size() == 4);

    CHECK(!s.complete([&](auto done) {
        s.right().hub->async_drain(std::chrono::hours(1), done);
        eve.connection.disconnect();
    }));
}

TEST_CASE("whatever waits for others may be cancelled, and completes at once") {
    packed_stage s;
    auto const mute = s.mute_server(); // takes what it is asked, and never answers
    auto& hub = *s.left().hub;
    s.left().hub->on("never", []() -> asio::awaitable<void> {
        asio::steady_timer forever(co_await asio::this_coro::executor,
                                   asio::steady_timer::time_point::max());
        co_await forever.async_wait(asio::use_awaitable);
    });
    asio::cancellation_signal stop[4];
    std::vector<std::error_code> ends;
    auto const end = [&](int n) {
        return asio::bind_cancellation_slot(
            stop[n].slot(), [&](std::error_code error, auto const&...) { ends.push_back(error); });
    };
    hub.async_add_to_group("mute-1", "lobby", end(0));
    hub.async_remove_from_group("mute-1", "lobby", end(1));
    hub.async_groups_of("mute-1", end(2));
    s.ada().async_invoke("never", end(3));
    for (auto& each : stop)
        each.emit(asio::cancellation_type::total);
    s.run_until([&] { return ends.size() == 4; }, "the ends");
    CHECK(ends == std::vector<std::error_code>(4, asio::error::operation_aborted));

    asio::cancellation_signal questions[2];
    hub.presence().async_count(asio::bind_cancellation_slot(
        questions[0].slot(),
        [&](std::error_code error, hubbub::server_results<std::uint64_t> const&) {
            ends.push_back(error);
        }));
    hub.servers().async_invoke<int>(
        "load", asio::bind_cancellation_slot(
                    questions[1].slot(), [&](std::error_code error, hubbub::collected<int> const&) {
                        ends.push_back(error);
                    }));
    for (auto& each : questions)
        each.emit(asio::cancellation_type::terminal);
    s.run_until([&] { return ends.size() == 6; }, "the ends of the questions");
    CHECK(ends == std::vector<std::error_code>(6, asio::error::operation_aborted));
}

TEST_SUITE_END();
