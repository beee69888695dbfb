// SPDX-License-Identifier: MIT
#include <hubbub/hub/rpc/rpc.hpp>

#include "support/rpc_stage.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace rpc_answers_test {

// What the server "t" asks of this one, as its question 7.

using namespace std::chrono_literals;
using namespace hubbub::detail;
using hubbub::errc;
using hubbub::hub_errc;
using support::fate;
using support::rpc_stage;
using support::strings;

namespace {

std::error_code const ok;

/// A method that the test answers.
struct kept_method final : method {
    void call(method_call c) override { begun.push_back(std::move(c)); }
    std::vector<method_call> begun;
};

struct stage : rpc_stage {
    stage() {
        asked->methods.by_name.on("keep", kept);
        client = connect("a");
        run();
        static_cast<void>(transport.take_published());
    }
    ~stage() { kept->begun.clear(); }

    void bring(server_message m) {
        m.request = 7;
        m.reply_to = "t";
        asked->on_message(m);
        run();
    }

    server_message to_join(std::string const& connection) const {
        return {.verb = verb::add, .connection = connection, .group = "g"};
    }

    /// What "t" was answered: one answer at most.
    std::optional<std::error_code> answered() {
        auto const sent = sent_to("t");
        REQUIRE(sent.size() <= 1);
        if (sent.empty())
            return {};
        CHECK(sent.front().verb == verb::done);
        CHECK(sent.front().request == 7);
        CHECK(!sent.front().reply_to);
        last = answer_of(sent.front());
        return last.error;
    }

    std::shared_ptr<kept_method> kept = std::make_shared<kept_method>();
    support::told_ptr client;
    hubbub::detail::answer last;
};

std::string lost(std::error_code e) {
    return "answer_lost t: " + e.message();
}

} // namespace

TEST_CASE("each question of another server is answered once, under its number") {
    stage s;
    s.bring(s.to_join(s.client->id));
    CHECK(s.answered() == ok);
    CHECK(*s.here->roster().groups_of(s.client->id) == frame_names{"g"});
    s.bring({.verb = verb::remove, .connection = s.client->id, .group = "g"});
    CHECK(s.answered() == ok);
    CHECK(s.here->roster().groups_of(s.client->id)->empty());
    s.bring(s.to_join("s-9"));
    CHECK(s.answered() == hub_errc::unknown_connection);
    s.bring(to_ask(presence_question::count, {}));
    CHECK(s.answered() == ok);
    CHECK(s.last.presence->count == 1);

    s.bring({.verb = verb::call, .connection = s.client->id, .method = "m"});
    CHECK(!s.answered());
    s.client->asked.front()->take({.value = packed("42")});
    s.client->asked.front()->take({.error = hub_errc::method_failed});
    s.run();
    CHECK(s.answered() == ok);
    CHECK(s.last.value.bytes == "42");

    s.bring(to_invoke(shared_call("keep", packed("[1]"))));
    CHECK(!s.answered());
    CHECK(s.kept->begun.front().what.arguments().bytes == "[1]");
    s.kept->begun.front().done->take({.value = packed("43")});
    s.kept->begun.clear();
    s.run();
    CHECK(s.answered() == ok);
    CHECK(s.last.value.bytes == "43");
    CHECK(s.take_events().empty());
}

TEST_CASE("a question that lacks any part, or is of another version, is answered as that, and an "
          "answer to nothing is for nobody") {
    stage s;
    std::vector<server_message> const wrong{
        {},
        {.verb = verb::add},
        {.verb = verb::add, .connection = "s-1"},
        {.verb = verb::add, .group = "g"},
        {.verb = verb::remove, .group = "g"},
        {.verb = verb::call, .connection = "s-1"},
        {.verb = verb::call, .method = "m"},
        {.verb = verb::invoke},
        {.verb = verb::ask},
        {.verb = verb::ask, .question = presence_question::unknown},
    };
    for (auto const& m : wrong) {
        s.bring(m);
        CHECK(s.answered() == hub_errc::unknown_method);
        CHECK(s.last.text == "another version of the hub");
    }
    s.bring({.verb = verb::done});
    CHECK(!s.answered());
    s.bring({.verb = verb::ask, .question = presence_question::count}); // of no name
    CHECK(s.answered() == ok);
}

TEST_CASE("what nobody waits for is carried out, and not answered") {
    stage s;
    auto m = s.to_join(s.client->id);
    s.asked->on_message(m);
    s.asked->on_message(to_invoke(shared_call("unknown", packed())));
    s.run();
    CHECK(*s.here->roster().groups_of(s.client->id) == frame_names{"g"});
    CHECK(s.sent_to("t").empty());
    CHECK(s.take_events() ==
          strings{"call_failed unknown: " + make_error_code(hub_errc::unknown_method).message()});
}

TEST_CASE("a join whose subscription fails is answered as that, and the next one works") {
    for (auto const f : support::wrong_fates) {
        stage s;
        s.transport.script(s.transport.steps() + 1, f);
        s.bring(s.to_join(s.client->id));
        CHECK(s.answered() == hub_errc::server_failed); // whatever its own category was
        CHECK(s.last.text == support::reset.message());
        CHECK(s.here->roster().groups_of(s.client->id)->empty());
        s.bring(s.to_join(s.client->id));
        CHECK(s.answered() == ok);
    }
}

TEST_CASE("a method of a server that gives no answer has failed, and the owner is told") {
    stage s;
    s.bring(to_invoke(shared_call("keep", packed())));
    s.kept->begun.clear();
    s.run();
    CHECK(s.answered() == hub_errc::method_failed);
    CHECK(s.last.text == "the server gave no answer");
    CHECK(s.take_events() ==
          strings{"call_failed keep: " + make_error_code(hub_errc::method_failed).message()});
}

TEST_CASE("an answer that cannot be sent is said in short, and if that fails too it is told to the "
          "owner, and the next one goes out") {
    for (auto const f : support::wrong_fates)
        for (bool const with_value : {false, true})
            for (bool const both : {false, true}) {
                CAPTURE(static_cast<int>(f));
                CAPTURE(with_value);
                CAPTURE(both);
                stage s;
                if (both) {
                    s.transport.script(0, f);
                    s.transport.usual = f;
                } else {
                    s.transport.script(s.transport.steps() + 1, f);
                }
                s.bring(with_value ? to_ask(presence_question::count, {}) : s.to_join("s-9"));
                auto const sent = s.sent_to("t");
                auto const refused = s.take_events();
                if (both || !with_value)
                    CHECK(refused == strings{lost(support::reset)});
                else
                    CHECK(refused.empty());
                if (!both && with_value) {
                    REQUIRE(!sent.empty());
                    CHECK(answer_of(sent.back()).error == hub_errc::server_failed);
                    CHECK(!sent.back().presence);
                }
                s.transport.usual = fate::succeeds;
                s.bring(to_ask(presence_question::count, {}));
                CHECK(s.answered() == ok);
            }
}

TEST_CASE("an answer that nobody hears is told to the owner, and is not sent again") {
    stage s;
    s.transport.receivers[s.topics.control("t")] = 0;
    s.bring(to_ask(presence_question::count, {}));
    CHECK(s.answered() == ok);
    CHECK(s.take_events() == strings{lost(hub_errc::unknown_server)});
}

TEST_CASE("an answer waits for room, as long as the one who asks does, and holds up nothing else") {
    for (bool const in_time : {false, true}) {
        stage s;
        s.transport.script(s.transport.steps() + 1, fate::is_refused, errc::queue_full);
        s.bring(to_ask(presence_question::count, {}));
        CHECK(!s.answered());
        CHECK(!s.bus.publish("any", server_message{})); // of another bus on the transport
        s.time.run_for(in_time ? 9s : 10s);
        s.transport.give_room();
        s.run();
        CHECK(s.answered() == (in_time ? std::optional(ok) : std::nullopt));
        CHECK(s.take_events() == (in_time ? strings{} : strings{lost(errc::timed_out)}));
    }
}

TEST_CASE("when the hub ends, the methods that run for servers are told, and their answers are for "
          "nobody") {
    stage s;
    s.bring(to_invoke(shared_call("keep", packed())));
    auto const& c = s.kept->begun.front();
    CHECK(c.who.connected());
    s.close();
    CHECK(!c.who.connected());
    c.done->take({});
    s.bring(to_invoke(shared_call("keep", packed())));
    s.bring(to_ask(presence_question::count, {}));
    CHECK(!s.answered());
    CHECK(s.kept->begun.size() == 1);
    CHECK(s.take_events().empty());
}

} // namespace rpc_answers_test
