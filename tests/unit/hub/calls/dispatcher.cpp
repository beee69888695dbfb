// SPDX-License-Identifier: MIT
#include <hubbub/hub/calls/dispatcher.hpp>

#include "support/machine_stage.hpp"

#include <hubbub/hub/streams/stream_pipe.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dispatcher_test {

using namespace hubbub::detail;
using hubbub::errc;
using hubbub::hub_errc;
using support::strings;

namespace {

/// What a test does with a call that has begun.
struct scripted_method final : method {
    using script = std::function<void(method_call)>;
    explicit scripted_method(script s) : run(std::move(s)) {}
    void call(method_call call) override { run(std::move(call)); }
    script run;
};

struct stage : support::machine_stage {
    explicit stage(hubbub::hub_options const& o = {}) : options(o) {
        // A method that keeps its calls until the test answers them.
        calls->methods.on("keep", std::make_shared<scripted_method>(
                                      [this](method_call c) { begun.push_back(std::move(c)); }));
    }

    void invoke(std::string const& name, std::string method = "keep",
                std::shared_ptr<caller_state> const& by = {}, call_streams streams = {}) {
        calls->invoke(by ? by : who, shared_call(std::move(method), packed()), std::move(streams),
                      answer_into(name));
    }

    /// Answers the call that has begun longest ago.
    void answer(std::error_code e = {}) {
        auto c = std::move(begun.front());
        begun.erase(begun.begin());
        c.done->take({.error = e});
    }

    hubbub::hub_options options;
    std::shared_ptr<caller_state> who = std::make_shared<support::told_member>();
    std::shared_ptr<dispatcher> calls =
        std::make_shared<dispatcher>(io.get_executor(), options, hooks);
    std::vector<method_call> begun;
};

/// How a call that has begun may end.
enum class end { answered, failed, dropped, passed };
constexpr end ends[] = {end::answered, end::failed, end::dropped, end::passed};

} // namespace

TEST_CASE("the calls of a connection run one after another, however the one before has ended") {
    constexpr std::size_t all = 4;
    for (std::size_t n = 0; n < all; ++n)
        for (auto const how : ends) {
            CAPTURE(n);
            CAPTURE(static_cast<int>(how));
            stage s;
            for (std::size_t i = 0; i < all; ++i)
                s.invoke(std::to_string(i));
            std::vector<method_call> passed;
            for (std::size_t i = 0; i < all; ++i) {
                s.run();
                REQUIRE(s.begun.size() == 1);
                auto c = std::move(s.begun.front());
                s.begun.clear();
                if (i != n || how == end::answered)
                    c.done->take({});
                else if (how == end::failed)
                    c.done->take({.error = hub_errc::method_failed});
                else if (how == end::passed) {
                    c.done->pass_turn();
                    c.done->pass_turn(); // the next one's turn is not its to pass
                    passed.push_back(std::move(c));
                }
            }
            s.run();
            if (!passed.empty()) {
                CHECK(s.waits(std::to_string(n)));
                passed.front().done->take({});
                passed.clear();
                s.run();
            }
            for (std::size_t i = 0; i < all; ++i)
                CHECK(s.outcome(std::to_string(i)) ==
                      (i != n || how == end::answered || how == end::passed ? std::error_code()
                       : how == end::failed ? make_error_code(hub_errc::method_failed)
                                            : make_error_code(errc::closed)));
            CHECK(s.take_events().size() == (how == end::failed || how == end::dropped ? 1 : 0));
            s.invoke("after");
            CHECK(s.begun.size() == 1); // at once: no call runs
        }
}

TEST_CASE("the first answer of a call counts, and what comes later passes no turn") {
    stage s;
    for (auto const* const name : {"a", "b", "c"})
        s.invoke(name);
    auto const first = s.begun.front().done;
    s.answer();
    first->take({.error = hub_errc::method_failed});
    first->pass_turn();
    s.run();
    CHECK(s.outcome("a") == std::error_code());
    CHECK(s.waits("b"));
    CHECK(s.begun.size() == 1); // b alone
    CHECK(s.take_events().empty());
}

TEST_CASE("wherever a connection ends, each of its calls completes once, those that wait at once") {
    constexpr std::size_t all = 5;
    for (std::size_t answered = 0; answered <= all; ++answered) {
        CAPTURE(answered);
        stage s;
        for (std::size_t i = 0; i < all; ++i)
            s.invoke(std::to_string(i));
        for (std::size_t i = 0; i < answered; ++i) {
            s.answer();
            s.run();
        }
        s.who->connected = false;
        end_calls(*s.who, s.io.get_executor());
        s.run();
        for (std::size_t i = 0; i < all; ++i) {
            auto const name = std::to_string(i);
            if (i == answered) // runs, and may run on
                CHECK(s.waits(name));
            else
                CHECK(s.outcome(name) == (i < answered
                                              ? std::error_code()
                                              : make_error_code(hub_errc::connection_ended)));
        }
        s.invoke("late");
        s.run();
        CHECK(s.outcome("late") == hub_errc::connection_ended);
        if (answered < all)
            s.answer();
        s.run();
        CHECK(s.ended.size() == all + 1);
    }
}

TEST_CASE("a call beyond those that may wait is refused, and takes no turn of the others") {
    stage s({.parallel_calls = 2, .max_waiting_calls = 1});
    for (auto const* const name : {"a", "b", "c", "d"})
        s.invoke(name);
    s.run();
    CHECK(s.begun.size() == 2);
    CHECK(s.outcome("d") == errc::queue_full);
    CHECK(s.answers["d"].text == "calling 'keep': " + s.outcome("d").message());
    CHECK(s.waits("c"));
    s.answer();
    s.run();
    CHECK(s.begun.size() == 2); // b and c
    s.answer();
    s.answer();
    s.run();
    for (auto const* const name : {"a", "b", "c"})
        CHECK(s.outcome(name) == std::error_code());

    auto const other = std::make_shared<support::told_member>();
    s.invoke("e");
    s.invoke("f");
    s.invoke("g", "keep", other); // others do not wait for them
    CHECK(s.begun.size() == 3);
}

TEST_CASE("a call that the policy refuses, and one of no method, end and let the next run") {
    stage s;
    s.hooks->on_allow(
        [](auto const&, hubbub::access_request const& what) { return what.name != "secret"; });
    s.invoke("a", "secret");
    s.invoke("b", "unknown");
    s.invoke("c");
    s.run();
    CHECK(s.outcome("a") == hub_errc::refused);
    CHECK(s.outcome("b") == hub_errc::unknown_method);
    CHECK(s.begun.size() == 1);
    CHECK(s.take_events() ==
          strings{"refused secret",
                  "call_failed secret: " + make_error_code(hub_errc::refused).message(),
                  "call_failed unknown: " + make_error_code(hub_errc::unknown_method).message()});
}

TEST_CASE("a call that answers by a stream and is given up says so, and lets its readers' senders "
          "know") {
    stage s;
    auto const result = std::make_shared<stream_pipe>(1, 0);
    auto const argument = std::make_shared<stream_pipe>(1, 0);
    s.invoke("a", "keep", {}, {result, {std::make_shared<receiving_end>(argument)}});
    CHECK(!argument->closed());
    s.begun.clear();
    s.run();
    CHECK(s.outcome("a") == hub_errc::stream_failed);
    CHECK(s.answers["a"].text == "the stream was given up");
    CHECK(argument->closed());

    // The same for one that never runs.
    auto const late = std::make_shared<stream_pipe>(1, 0);
    s.who->connected = false;
    s.invoke("b", "keep", {}, {nullptr, {std::make_shared<receiving_end>(late)}});
    s.run();
    CHECK(s.outcome("b") == hub_errc::connection_ended);
    CHECK(late->closed());
}

} // namespace dispatcher_test
