// What becomes of calls, answers and items whose types have conversions of the user's that throw.
#include "support/hub_stage.hpp"

#include <hubbub/hub/coroutines.hpp>
#include <hubbub/hub/stream.hpp>
#include <hubbub/serializer/nlohmann.hpp>

#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace {

/// A number above zero, or its conversions throw what is nothing of nlohmann's.
struct amount {
    int value = 0;
};

void require_positive(int value) {
    if (value <= 0)
        throw std::invalid_argument("an amount is above zero");
}

[[maybe_unused]] void from_json(nlohmann::json const& in, amount& out) {
    out.value = in.get<int>();
    require_positive(out.value);
}

[[maybe_unused]] void to_json(nlohmann::json& out, amount const& in) {
    require_positive(in.value);
    out = in.value;
}

/// The same where objects travel as they are: it cannot be copied.
struct copied_amount {
    copied_amount() = default;
    explicit copied_amount(int v) : value(v) {}
    copied_amount(copied_amount const& other) : value(other.value) { require_positive(value); }
    copied_amount& operator=(copied_amount const& other) {
        value = other.value;
        require_positive(value);
        return *this;
    }
    copied_amount(copied_amount&&) = default;
    copied_amount& operator=(copied_amount&&) = default;
    ~copied_amount() = default;

    int value = 0;
};

using codes_of_calls = std::vector<std::error_code>;

/// Two servers on the local bus, and ada at the left one.
struct conversion_stage : stage<json_setup> {
    conversion_stage() : stage({.on_redis = false, .servers = 2}, defaults()) {
        connect(left(), "ada");
        for (auto* const at : {&left(), &right()})
            at->hub->set_observer([this](hubbub::hub_event const& e) {
                if (auto const* const failed = std::get_if<hubbub::call_failed>(&e))
                    failures.emplace_back(failed->text);
            });
    }

    auto& hub() { return *left().hub; }
    auto& ada() { return clients.front(); }

    /// Takes an answer.
    template <class R>
    auto take() {
        return [this](hubbub::outcome<R> const& given) { answers.push_back(given.error()); };
    }

    void wait_for(std::size_t count) {
        run_until([&] { return answers.size() == count; }, "the answers");
    }

    lines failures;
    codes_of_calls answers;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("an argument whose conversion throws is a wrong argument, at once and in its turn") {
    conversion_stage s;
    int paid = 0;
    s.hub().on("pay", [&](amount a) -> asio::awaitable<void> {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        paid += a.value;
    });
    for (int const value : {-1, 7, -2, 8}) // the last two wait for the second
        s.ada().connection.async_invoke<hubbub::outcome<void>>("pay", value, s.take<void>());
    s.wait_for(4);
    std::error_code const wrong = hubbub::hub_errc::wrong_arguments;
    CHECK(s.answers == codes_of_calls{wrong, {}, wrong, {}});
    CHECK(s.failures == lines(2, "argument 1 of 'pay' is of another type"));
    CHECK(paid == 15);
}

TEST_CASE("an object whose copy throws is a wrong argument") {
    stage<in_place_setup> s({.on_redis = false, .servers = 2}, stage<in_place_setup>::defaults());
    auto& ada = s.connect(s.left());
    s.left().hub->on("pay", [](copied_amount const&) {});
    std::optional<std::error_code> answer;
    copied_amount none;
    ada.connection.async_invoke<hubbub::outcome<void>>(
        "pay", std::move(none),
        [&](hubbub::outcome<void> const& given) { answer = given.error(); });
    s.run_until([&] { return answer.has_value(); }, "the answer");
    CHECK(*answer == hubbub::hub_errc::wrong_arguments);
}

TEST_CASE("an answer whose conversion throws is a wrong result, from a method and from a client") {
    conversion_stage s;
    s.hub().on("price", [] { return -1; });
    s.ada().methods.on("price", [] { return -1; });
    s.ada().connection.async_invoke<hubbub::outcome<amount>>("price", s.take<amount>());
    for (auto* const by : {&s.left(), &s.right()})
        by->hub->clients()
            .client(s.ada().id())
            .async_invoke<hubbub::outcome<amount>>("price", s.take<amount>());
    s.wait_for(3);
    CHECK(s.answers == codes_of_calls(3, hubbub::hub_errc::wrong_result));
}

TEST_CASE("an answer of a server whose conversion throws keeps no other from being collected") {
    conversion_stage s;
    s.run_until([&] { return s.left().hub->servers().alive().size() == 2; }, "the servers to meet");
    s.left().hub->servers().on("price", [] { return -1; });
    s.right().hub->servers().on("price", [] { return 5; });
    std::optional<hubbub::collected<amount>> all;
    s.left().hub->servers().async_invoke<amount>(
        "price", [&](std::error_code, hubbub::collected<amount> given) { all = std::move(given); });
    s.run_until([&] { return all.has_value(); }, "both answers");
    for (auto const& [server, answer] : all->answers)
        if (server == s.left().hub->server_id())
            CHECK(answer.error() == hubbub::hub_errc::wrong_result);
        else
            CHECK(answer->value == 5);
    CHECK(all->answers.size() == 2);
}

TEST_CASE("an item whose conversion throws ends its stream, either way") {
    conversion_stage s;
    s.hub().on("prices", [](hubbub::stream_writer<int> out) {
        static_cast<void>(out.send(-1));
        out.finish();
    });
    s.hub().on("sum", [](hubbub::stream_reader<amount> in) -> asio::awaitable<int> {
        auto const item = co_await in.async_receive<hubbub::outcome<amount>>(asio::use_awaitable);
        throw hubbub::hub_error(item.text());
    });
    auto prices = s.ada().connection.stream<amount>("prices");
    prices.async_receive<hubbub::outcome<amount>>(s.take<amount>());
    s.wait_for(1);
    CHECK(s.answers.back() == hubbub::hub_errc::wrong_result);

    auto numbers = s.ada().connection.make_stream<int>();
    CHECK(!numbers.send(-1));
    s.ada().connection.async_invoke<hubbub::outcome<int>>("sum", numbers, s.take<int>());
    s.wait_for(2);
    CHECK(s.answers.back() == hubbub::hub_errc::method_failed);
    CHECK(s.failures == lines{"an item of argument 1 of 'sum' is of another type"});
}

TEST_CASE(
    "a value that its conversion does not let out cannot be encoded, and nobody waits for it") {
    conversion_stage s;
    s.hub().on("price", [] { return amount{-1}; });
    s.ada().methods.on("price", [] { return amount{-1}; });
    s.ada().connection.async_invoke<hubbub::outcome<int>>("price", s.take<int>());
    s.wait_for(1);
    s.hub()
        .clients()
        .client(s.ada().id())
        .async_invoke<hubbub::outcome<int>>("price", s.take<int>());
    s.wait_for(2);
    CHECK(s.answers == codes_of_calls(2, hubbub::errc::cannot_encode));
    CHECK(s.failures == lines{"calling 'price': the message cannot be encoded"});

    auto numbers = s.ada().connection.make_stream<amount>();
    CHECK(numbers.send(amount{-1}) == hubbub::errc::cannot_encode);
    numbers.async_send(amount{-1}, [&](std::error_code error) { s.answers.push_back(error); });
    s.wait_for(3);
    CHECK(s.answers.back() == hubbub::errc::cannot_encode);
}

TEST_CASE(
    "an object whose copy throws is passed on, and fails where it is taken and nowhere else") {
    stage<in_place_setup> s({.on_redis = false, .servers = 2}, stage<in_place_setup>::defaults());
    auto& ada = s.connect(s.left());
    auto& eve = s.connect(s.right());
    int failed = 0;
    for (auto* const at : {&s.left(), &s.right()})
        at->hub->set_observer([&](hubbub::hub_event const& e) {
            failed += std::holds_alternative<hubbub::client_handler_failed>(e) ? 1 : 0;
        });
    for (auto* const c : {&ada, &eve}) {
        c->methods.on("pay", [](copied_amount const&) {});
        c->methods.on("price", [] { return copied_amount(0); });
    }
    auto const clients = s.left().hub->clients();
    for (auto const* const c : {&ada, &eve})
        CHECK(!clients.client(c->id()).send("pay", copied_amount(0)));
    CHECK(!clients.all().send("pay", copied_amount(0)));
    s.run_until([&] { return failed == 4; }, "each to refuse it");

    codes_of_calls answers;
    for (auto const* const c : {&ada, &eve})
        clients.client(c->id()).async_invoke<hubbub::outcome<copied_amount>>(
            "price",
            [&](hubbub::outcome<copied_amount> given) { answers.push_back(given.error()); });
    s.run_until([&] { return answers.size() == 2; }, "the answers");
    CHECK(answers == codes_of_calls(2, hubbub::hub_errc::wrong_result));
}

TEST_SUITE_END();
