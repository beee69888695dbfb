// What happens when a client calls a method of the hub, on every bus.
#include "support/hub_stage.hpp"

#include <hubbub/hub/coroutines.hpp>

#include <asio/cancellation_state.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace {

/// Calls a method as a client and runs until it has answered.
template <class R, class Setup, class... Args>
hubbub::outcome<R> invoke(stage<Setup>& s, client<Setup>& by, std::string_view method,
                          Args... args) {
    std::optional<hubbub::outcome<R>> answer;
    by.connection.template async_invoke<hubbub::outcome<R>>(
        method, args..., [&](hubbub::outcome<R> given) { answer = std::move(given); });
    CHECK(!answer); // never within the call
    s.run_until([&] { return answer.has_value(); }, "an answer");
    return *answer;
}

/// Holds coroutines until it is opened.
class latch {
public:
    asio::awaitable<void> wait() {
        while (!open_)
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
    void open() { open_ = true; }

private:
    bool open_ = false;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE_TEMPLATE("a method of the hub is called with its caller and typed arguments", Setup,
                   ALL_SETUPS) {
    stage<Setup> s;
    auto& ada = s.connect(s.left(), "ada");
    auto& eve = s.connect(s.right(), "eve");
    auto& kim = s.connect(s.middle(), "kim");
    for (auto* const c : {&eve, &ada, &kim})
        CHECK(!s.add(s.left(), c->id(), "lobby"));

    auto& hub = *s.left().hub;
    hub.on("say", [&hub](hubbub::caller const& who, std::string text) {
        auto const clients = hub.clients();
        CHECK(!clients.caller_of(who).send("tell", "you said " + text));
        CHECK(!clients.others_in_group("lobby", who).send("tell", who.user() + ": " + text));
        CHECK(!clients.others(who).send("tell", "somebody spoke"));
    });
    CHECK(!ada.connection.send("say", "hi"));
    s.flush(s.left());
    CHECK(ada.told == lines{"you said hi"});
    CHECK(eve.connection.id().starts_with(s.right().hub->server_id()));
    for (auto* const c : {&eve, &kim}) {
        CHECK(c->told == lines{"ada: hi", "somebody spoke"});
        CHECK(invoke<void>(s, *c, "say", "hi").error() ==
              hubbub::hub_errc::unknown_method); // not there
    }
}

TEST_CASE_TEMPLATE("a method answers with a value, with nothing, or later", Setup, ALL_SETUPS) {
    stage<Setup> s;
    auto& ada = s.connect(s.left(), "ada");
    auto& hub = *s.left().hub;
    hub.on("add", [](int a, int b) { return a + b; });
    hub.on("greet", [](hubbub::caller const& who) { return "hello " + who.user(); });
    hub.on("nothing", [] {});
    hub.on("add later", [](int a, int b) -> asio::awaitable<int> {
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        co_return a + b;
    });
    hub.on("nothing later", []() -> asio::awaitable<void> { co_return; });

    CHECK(*invoke<int>(s, ada, "add", 2, 3) == 5);
    CHECK(*invoke<std::string>(s, ada, "greet") == "hello ada");
    CHECK(invoke<void>(s, ada, "nothing"));
    CHECK(invoke<void>(s, ada, "add", 2, 3)); // ignoring what it is
    CHECK(*invoke<int>(s, ada, "add later", 20, 30) == 50);
    CHECK(invoke<void>(s, ada, "nothing later"));
    CHECK(invoke<int>(s, ada, "greet").error() == hubbub::hub_errc::wrong_result);
    CHECK(invoke<int>(s, ada, "nothing").error() == hubbub::hub_errc::wrong_result);
}

TEST_CASE_TEMPLATE("a call with other arguments goes back to its caller alone, and says which",
                   Setup, ALL_SETUPS) {
    stage<Setup> s;
    auto& ada = s.connect(s.left());
    int calls = 0;
    lines failures;
    s.left().hub->on("add", [&](int a, int b) { return ++calls, a + b; });
    s.left().hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const failed = std::get_if<hubbub::call_failed>(&e))
            failures.emplace_back(failed->text);
    });

    for (auto const& answer : {invoke<int>(s, ada, "add", 2), invoke<int>(s, ada, "add", 2, "3"),
                               invoke<int>(s, ada, "add", "2", 3), invoke<int>(s, ada, "add")})
        CHECK(answer.error() == hubbub::hub_errc::wrong_arguments);
    CHECK(failures ==
          lines{"'add' takes 2 arguments, not 1", "argument 2 of 'add' is of another type",
                "argument 1 of 'add' is of another type", "'add' takes 2 arguments, not 0"});
    auto const unknown = invoke<int>(s, ada, "subtract", 2, 3);
    CHECK(unknown.error() == hubbub::hub_errc::unknown_method);
    CHECK(unknown.text() == "there is no method 'subtract'");
    CHECK(failures.size() == 5);
    CHECK(calls == 0);
    CHECK(*invoke<int>(s, ada, "add", 2, 3) == 5);
}

TEST_CASE_TEMPLATE("what a method throws is told to its caller if it is meant for it, and to the "
                   "owner of the hub if not",
                   Setup, ALL_SETUPS) {
    for (bool const detailed : {false, true}) {
        auto options = stage<Setup>::defaults();
        options.detailed_errors = detailed;
        stage<Setup> s(options);
        auto& ada = s.connect(s.left());
        auto& hub = *s.left().hub;
        unsigned exceptions = 0;
        hub.set_observer([&](hubbub::hub_event const& e) {
            if (auto const* const failed = std::get_if<hubbub::call_failed>(&e))
                exceptions += failed->exception ? 1 : 0;
        });
        hub.on("private", [] { throw std::runtime_error("the password is 1234"); });
        hub.on("told", []() -> int { throw hubbub::hub_error("you may not"); });
        hub.on("told later", []() -> asio::awaitable<int> {
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
            throw hubbub::hub_error("not even later");
        });
        hub.on("odd", [] { throw 42; });

        auto const hidden = invoke<void>(s, ada, "private");
        CHECK(hidden.error() == hubbub::hub_errc::method_failed);
        CHECK((hidden.text() == "the password is 1234") == detailed);
        CHECK((hidden.text() == "calling 'private': the method failed") == !detailed);
        CHECK(invoke<int>(s, ada, "told").text() == "you may not");
        CHECK(invoke<int>(s, ada, "told later").text() == "not even later");
        CHECK(invoke<void>(s, ada, "odd").text() == "calling 'odd': the method failed");
        CHECK(exceptions == 2);
        CHECK_THROWS_WITH_AS(invoke<int>(s, ada, "told").value(), "you may not: the method failed",
                             std::system_error);
    }
}

TEST_CASE("the calls of one connection run in order, and those of two do not wait for each "
          "other") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left(), "ada");
    auto& bob = s.connect(s.left(), "bob");
    latch held;
    lines seen;
    auto& hub = *s.left().hub;
    hub.on("slow", [&](hubbub::caller who) -> asio::awaitable<void> {
        seen.push_back(who.user() + " begins");
        co_await held.wait();
        seen.push_back(who.user() + " ends");
    });
    hub.on("fast", [&](hubbub::caller const& who) { seen.push_back(who.user() + " is fast"); });

    CHECK(!ada.connection.send("slow"));
    CHECK(!ada.connection.send("fast"));
    CHECK(!ada.connection.send("slow"));
    CHECK(!bob.connection.send("fast"));
    s.flush(s.left());
    CHECK(seen == lines{"bob is fast", "ada begins"});
    held.open();
    s.run_until([&] { return seen.size() == 6; }, "all calls");
    CHECK(seen ==
          lines{"bob is fast", "ada begins", "ada ends", "ada is fast", "ada begins", "ada ends"});
}

TEST_CASE("as many calls of a connection run as are allowed, and so many may wait") {
    auto options = stage<json_setup>::defaults();
    options.parallel_calls = 2;
    options.max_waiting_calls = 1;
    stage<json_setup> s(options);
    auto& ada = s.connect(s.left());
    latch held;
    int running = 0;
    int most = 0;
    s.left().hub->on("slow", [&](int) -> asio::awaitable<void> {
        most = std::max(most, ++running);
        co_await held.wait();
        --running;
    });
    std::vector<std::error_code> answers;
    for (int i = 0; i < 4; ++i)
        ada.connection.async_invoke<hubbub::outcome<void>>(
            "slow", i, [&](hubbub::outcome<void> given) { answers.push_back(given.error()); });
    s.run_until([&] { return !answers.empty(); }, "the call that is too many");
    CHECK(answers == std::vector<std::error_code>{hubbub::errc::queue_full});
    CHECK(running == 2);
    held.open();
    s.run_until([&] { return answers.size() == 4; }, "all calls");
    CHECK(most == 2);
}

TEST_CASE("a call that is too many and waits for no answer is told to the owner of the hub") {
    auto options = stage<json_setup>::defaults();
    options.max_waiting_calls = 1;
    stage<json_setup> s(options);
    auto& ada = s.connect(s.left());
    latch held;
    lines ran;
    lines failures;
    s.left().hub->on("slow", [&](std::string name) -> asio::awaitable<void> {
        ran.push_back(std::move(name));
        co_await held.wait();
    });
    s.left().hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const failed = std::get_if<hubbub::call_failed>(&e)) {
            CHECK(failed->connection == ada.id());
            CHECK(failed->error == hubbub::errc::queue_full);
            failures.emplace_back(failed->text);
        }
    });
    for (auto const* const name : {"first", "second", "third"})
        CHECK(!ada.connection.send("slow", name));
    CHECK(failures == lines{"calling 'slow': the outgoing queue is full"});
    held.open();
    s.run_until([&] { return ran.size() == 2; }, "those that fit");
    CHECK(!ada.connection.send("slow", "fourth")); // the third has taken nobody's turn
    CHECK(!ada.connection.send("slow", "fifth"));
    s.run_until([&] { return ran.size() == 4; }, "later ones");
    CHECK(ran == lines{"first", "second", "fourth", "fifth"});
    CHECK(failures.size() == 1);
}

TEST_CASE("when a connection ends, its calls that run are cancelled, and those that wait do not "
          "run") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    latch never;
    unsigned begun = 0;
    std::vector<std::error_code> ended;
    std::vector<std::error_code> answers;
    unsigned failures = 0;
    s.left().hub->on("slow", [&](hubbub::caller who) -> asio::awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
        ++begun;
        try {
            co_await timer.async_wait(asio::use_awaitable);
        } catch (std::system_error const& e) {
            CHECK(!who.connected());
            ended.push_back(e.code());
            throw;
        }
    });
    s.left().hub->on("next", [&]() -> asio::awaitable<void> {
        ++begun;
        co_await never.wait();
    });
    s.left().hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const failed = std::get_if<hubbub::call_failed>(&e))
            failures += failed->exception ? 1 : 0;
    });
    for (auto const* const method : {"slow", "next"})
        ada.connection.async_invoke<hubbub::outcome<void>>(
            method, [&](hubbub::outcome<void> given) { answers.push_back(given.error()); });
    s.run_until([&] { return begun == 1; }, "the first call to wait");
    ada.connection.disconnect();
    s.run_until([&] { return answers.size() == 2; }, "both answers");
    CHECK(ended == std::vector<std::error_code>{asio::error::operation_aborted});
    CHECK(answers == std::vector<std::error_code>(2, hubbub::hub_errc::connection_ended));
    CHECK(begun == 1);
    CHECK(failures == 0); // that it was cancelled is no failure of the method
}

TEST_CASE("a method that resets its cancellation state runs to its end without its connection") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    latch held;
    bool begun = false;
    std::optional<std::error_code> answer;
    s.left().hub->on("save", [&]() -> asio::awaitable<void> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        begun = true;
        co_await held.wait();
    });
    ada.connection.async_invoke<hubbub::outcome<void>>(
        "save", [&](hubbub::outcome<void> given) { answer = given.error(); });
    s.run_until([&] { return begun; }, "the call to wait");
    ada.connection.disconnect();
    s.connect(s.left());
    CHECK(!answer);
    held.open();
    s.run_until([&] { return answer.has_value(); }, "the answer");
    CHECK(!*answer);
}

TEST_CASE("calls that wait for one that never returns end with their connection") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    latch held;
    bool begun = false;
    bool saved = false;
    unsigned ran = 0;
    std::vector<std::error_code> answers;
    s.left().hub->on("save", [&]() -> asio::awaitable<void> {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        begun = true;
        co_await held.wait();
    });
    s.left().hub->on("next", [&] { ++ran; });
    auto const invoke_next = [&] {
        ada.connection.async_invoke<hubbub::outcome<void>>(
            "next", [&](hubbub::outcome<void> given) { answers.push_back(given.error()); });
    };
    ada.connection.async_invoke<hubbub::outcome<void>>(
        "save", [&](hubbub::outcome<void> given) { saved = !!given; });
    s.run_until([&] { return begun; }, "the call to wait");
    invoke_next();
    invoke_next();
    CHECK(!s.left().hub->clients().client(ada.id()).disconnect("bye"));
    s.run_until([&] { return answers.size() == 2; }, "those that wait");
    invoke_next(); // the client does not know yet
    s.run_until([&] { return answers.size() == 3; }, "the one that came too late");
    CHECK(answers == std::vector<std::error_code>(3, hubbub::hub_errc::connection_ended));
    CHECK(!saved);
    held.open();
    s.run_until([&] { return saved; }, "the one that ran");
    CHECK(ran == 0);
}

TEST_CASE_TEMPLATE("a connection has a state of its own", Setup, ALL_SETUPS) {
    stage<Setup> s;
    auto& ada = s.connect(s.left());
    auto& bob = s.connect(s.left());
    struct counter {
        int calls = 0;
    };
    s.left().hub->on("count",
                     [](hubbub::caller const& who) { return ++who.state<counter>().calls; });
    CHECK(*invoke<int>(s, ada, "count") == 1);
    CHECK(*invoke<int>(s, ada, "count") == 2);
    CHECK(*invoke<int>(s, bob, "count") == 1);
}

TEST_CASE(
    "the state of a connection may be what can be neither copied nor moved, and is of one type") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    struct place {
        std::mutex mutex;
        std::unique_ptr<int> held = std::make_unique<int>(1);
    };
    s.left().hub->on("hold", [](hubbub::caller const& who) {
        auto& mine = who.state<place>();
        std::lock_guard const lock(mine.mutex);
        return ++*mine.held;
    });
    s.left().hub->on("other", [](hubbub::caller const& who) {
        CHECK_THROWS_AS(who.state<int>(), std::bad_cast);
    });
    CHECK(*invoke<int>(s, ada, "hold") == 2);
    CHECK(*invoke<int>(s, ada, "hold") == 3);
    CHECK(invoke<void>(s, ada, "other"));
    CHECK(*invoke<int>(s, ada, "hold") == 4);
}

TEST_CASE("methods are found by exact name, or whatever the case") {
    for (bool const ignores : {false, true}) {
        auto options = stage<json_setup>::defaults();
        options.ignore_method_case = ignores;
        stage<json_setup> s(options);
        auto& ada = s.connect(s.left());
        s.left().hub->on("sendMessage", [] {});
        CHECK(invoke<void>(s, ada, "sendMessage"));
        CHECK(static_cast<bool>(invoke<void>(s, ada, "SENDmessage")) == ignores);
        CHECK(!invoke<void>(s, ada, "sendMessag"));
    }
}

TEST_SUITE_END();
