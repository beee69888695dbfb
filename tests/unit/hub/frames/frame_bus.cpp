// SPDX-License-Identifier: MIT
#include <hubbub/hub/frames/frame_bus.hpp>

#include "support/machine_stage.hpp"

#include <hubbub/error.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace frame_bus_test {

using namespace std::chrono_literals;
using namespace hubbub::detail;
using hubbub::errc;
using support::fate;
using support::strings;

namespace {

constexpr frame_format formats[] = {frame_format::objects, frame_format::json,
                                    frame_format::msgpack, frame_format::opaque};

struct stage : support::machine_stage {
    explicit stage(frame_format f) : frames(bus_core, f) {
        bus_core->set_observer([this](hubbub::event const& e) {
            malformed += std::holds_alternative<hubbub::message_malformed>(e) ? 1 : 0;
        });
    }

    template <class Frame>
    void subscribe() {
        frames.subscribe<Frame>(
            "topic", [this](Frame const& /*f*/) { ++seen; },
            {io.get_executor(), [this](std::error_code e, hubbub::subscription s) {
                 ended["subscribed"].push_back(e);
                 kept = std::move(s);
             }});
        run();
    }

    /// What was published comes back.
    void echo() {
        for (auto const& m : transport.take_published())
            if (m.object)
                transport.deliver(m.topic, *m.as<server_message>());
            else
                transport.deliver_bytes(m.topic, m.payload);
    }

    frame_bus frames;
    hubbub::subscription kept;
    int seen = 0;
    int malformed = 0;
};

/// Arguments in the encoding that belongs to a format.
packed arguments_of(frame_format f) {
    switch (f) {
    case frame_format::json: return packed("[1,\"two\"]");
    case frame_format::msgpack: return packed("\x92\x01\xa3two");
    case frame_format::opaque: return packed(wrap_opaque(std::string("any\0bytes", 9)));
    case frame_format::objects: break;
    }
    packed object;
    object.object = std::make_shared<int const>(17);
    object.type = &typeid(int);
    return object;
}

server_message full(frame_format f) {
    return {.verb = verb::call,
            .request = 12345678901234567890U,
            .reply_to = "s",
            .connection = "t-1\xff",
            .group = "100%",
            .method = "m",
            .arguments = arguments_of(f),
            .question = presence_question::groups_of,
            .name = "",
            .presence =
                presence_answer{.count = 2,
                                .names = {"a", "b"},
                                .snapshot =
                                    presence_snapshot{.number = 3, .present = {{"c", "u", {"g"}}}}},
            .error = -1,
            .text = "t"};
}

/// The ways to publish, which complete as "published".
enum class way { at_once, told, patient };
constexpr way ways[] = {way::at_once, way::told, way::patient};

void publish(stage& s, way how, server_message const& m) {
    if (how == way::at_once)
        s.ended["published"].push_back(s.frames.publish("topic", m));
    else if (how == way::told)
        s.frames.publish(
            "topic", m,
            {s.io.get_executor(), [&s](std::error_code e, hubbub::receiver_count /*n*/) {
                 s.ended["published"].push_back(e);
             }});
    else
        s.frames.publish_patiently(
            "topic", m, 1s,
            {s.io.get_executor(), [&s](std::error_code e, hubbub::receiver_count /*n*/) {
                 s.ended["published"].push_back(e);
             }});
    s.run();
}

} // namespace

TEST_CASE("a frame arrives as it was sent, in each format and by each way") {
    for (auto const f : formats)
        for (auto const how : ways) {
            CAPTURE(static_cast<int>(f));
            CAPTURE(static_cast<int>(how));
            stage s(f);
            auto const sent = full(f);
            server_message read;
            s.frames.subscribe<server_message>(
                "topic", [&](server_message const& m) { read = m; },
                {s.io.get_executor(), [&](std::error_code e, hubbub::subscription made) {
                     CHECK(!e);
                     s.kept = std::move(made);
                 }});
            s.run();
            publish(s, how, sent);
            CHECK(s.outcome("published") == std::error_code());
            s.echo();
            CHECK(read.verb == sent.verb);
            CHECK(read.request == sent.request);
            CHECK(read.reply_to == sent.reply_to);
            CHECK(read.connection == sent.connection);
            CHECK(read.group == sent.group);
            CHECK(read.method == sent.method);
            REQUIRE(read.arguments);
            CHECK(read.arguments->bytes == sent.arguments->bytes);
            CHECK(read.arguments->object == sent.arguments->object);
            CHECK(read.question == sent.question);
            CHECK(read.name == sent.name);
            REQUIRE((read.presence && read.presence->snapshot));
            CHECK(read.presence->names == sent.presence->names);
            CHECK(read.presence->snapshot->number == 3);
            CHECK(read.presence->snapshot->present.front().groups == frame_names{"g"});
            CHECK(read.error == sent.error);
            CHECK(read.text == sent.text);
            CHECK(s.malformed == 0);

            s.kept.reset();
            CHECK(s.transport.topics().empty());
        }
}

TEST_CASE("what is absent in a frame is not written, and arguments stand in it as they are") {
    stage s(frame_format::json);
    CHECK(!s.frames.publish("topic", client_call{.method = "m", .arguments = packed("[1]")}));
    CHECK(!s.frames.publish("topic", client_call{.method = "m",
                                                 .arguments = packed("[ 1.0, {} ]"),
                                                 .to = recipients{.groups = frame_names{"\xff"}}}));
    CHECK(!s.frames.publish("topic", server_beacon{"s", beacon_reason::here, 3, true}));
    strings sent;
    for (auto const& m : s.transport.take_published())
        sent.push_back(m.payload);
    CHECK(sent == strings{R"({"method":"m","arguments":[1]})",
                          R"({"method":"m","arguments":[ 1.0, {} ],"to":{"groups":["%FF"]}})",
                          R"({"server":"s","state":"here","changes":3,"watches":true})"});
}

TEST_CASE(
    "a frame that is cut off anywhere, or is another one, is counted and told, and the next is "
    "read") {
    for (auto const f : {frame_format::json, frame_format::msgpack, frame_format::opaque}) {
        CAPTURE(static_cast<int>(f));
        stage s(f);
        s.subscribe<server_message>();
        publish(s, way::at_once, full(f));
        auto const whole = s.transport.take_published().front().payload;
        for (std::size_t size = 0; size < whole.size(); ++size)
            s.transport.deliver_bytes("topic", whole.substr(0, size));
        CHECK(s.malformed == static_cast<int>(whole.size()));
        s.transport.deliver("topic", full(f)); // an object where bytes are meant
        CHECK(s.malformed == static_cast<int>(whole.size()) + 1);
        CHECK(s.seen == 0);
        s.transport.deliver_bytes("topic", whole);
        CHECK(s.seen == 1);
    }
    stage s(frame_format::objects);
    s.subscribe<server_message>();
    s.transport.deliver("topic", client_call{.method = "m", .arguments = {}});
    s.transport.deliver_bytes("topic", "{}");
    CHECK(s.malformed == 2);
    s.transport.deliver("topic", server_message{});
    CHECK(s.seen == 1);
}

TEST_CASE("a frame that cannot be written is refused once, by whichever way, and the bus goes on") {
    for (auto const how : ways) {
        CAPTURE(static_cast<int>(how));
        stage s(frame_format::json);
        publish(s, how, {.verb = verb::invoke, .method = "\xff"});
        CHECK(s.outcome("published") == errc::cannot_encode);
        CHECK(s.transport.steps() == 0);
        s.ended.clear();
        publish(s, how, full(frame_format::json));
        CHECK(s.outcome("published") == std::error_code());
    }
}

TEST_CASE("however publishing fails, that is told once, and only who is patient waits for room") {
    for (auto const f : {frame_format::objects, frame_format::json})
        for (auto const how : ways)
            for (auto const e : {support::reset, make_error_code(errc::queue_full)})
                for (auto const wrong : support::wrong_fates) {
                    if (how == way::at_once && wrong == fate::fails)
                        continue; // that is told to nobody
                    CAPTURE(static_cast<int>(f));
                    CAPTURE(static_cast<int>(how));
                    CAPTURE(e.message());
                    CAPTURE(static_cast<int>(wrong));
                    stage s(f);
                    s.subscribe<server_message>();
                    s.transport.script(s.transport.steps() + 1, wrong, e);
                    publish(s, how, full(f));
                    bool const waits =
                        how == way::patient && e == errc::queue_full && wrong == fate::is_refused;
                    if (waits) {
                        CHECK(s.waits("published"));
                        s.transport.give_room();
                        s.run();
                        s.echo();
                        CHECK(s.seen == 1); // as it was when it was published
                    }
                    CHECK(s.outcome("published") == (waits ? std::error_code() : e));
                }
}

TEST_CASE("however subscribing fails, that is told once, and nothing is subscribed") {
    for (auto const f : support::wrong_fates) {
        stage s(frame_format::objects);
        s.transport.script(1, f);
        s.subscribe<server_beacon>();
        CHECK(s.outcome("subscribed") == support::reset);
        CHECK(!s.kept);
        CHECK(s.transport.topics().empty());
    }
}

TEST_CASE("another bus on the transport waits for room by itself, and ends by itself") {
    stage s(frame_format::objects);
    auto const other = s.frames.another();
    CHECK(other.transport_id() == s.frames.transport_id());
    s.transport.script(1, fate::is_refused, errc::queue_full);
    other.publish_patiently(
        "topic", server_message{}, 1s,
        {s.io.get_executor(),
         [&](std::error_code e, hubbub::receiver_count /*n*/) { s.ended["other"].push_back(e); }});
    s.run();
    CHECK(s.waits("other"));
    CHECK(!s.frames.publish("topic", server_message{}));
    other.close();
    s.run();
    CHECK(s.outcome("other") == errc::closed);
    CHECK(!s.frames.publish("topic", server_message{}));
}

} // namespace frame_bus_test
