// SPDX-License-Identifier: MIT
#include "support/numbered_stream.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace sequence_test {

using namespace std::chrono_literals;
using hubbub::pattern;
using hubbub::topic_filter;
using hubbub::detail::sequence_request;

TEST_SUITE_BEGIN("sequence");

TEST_CASE("a frame is readable, and what was put in comes out") {
    numbered_stream l;
    CHECK(l.send("t", "{\"text\":\"hi\"}") == "00000000ab000001 1 {\"text\":\"hi\"}");
    CHECK(l.send("t", "") == "00000000ab000001 2 ");
    CHECK(l.send("other", " 7 ") == "00000000ab000002 1  7 ");

    auto const frame = sequence_frame::parse("00000000ab000002 18446744073709551615  7 ");
    REQUIRE(frame);
    CHECK(frame->stream == "00000000ab000002");
    CHECK(frame->number == UINT64_MAX);
    CHECK(!frame->is_beacon);
    CHECK(frame->payload == " 7 ");
    CHECK(sequence_frame::parse("00000000ab000002 3")->is_beacon);
}

TEST_CASE("what is no frame is not taken for one") {
    for (auto const* const bytes :
         {"", "hi", "{\"text\":\"hi\"}", "00000000ab000001", "00000000ab000001 ",
          "00000000ab000001 x", "00000000ab000001 0 x", "00000000ab000001 1x",
          "000000AB00000001 1 x", "00000000ab0000001 1 x", "00000000ab00001 1 x",
          "00000000ab000001 -1 x", "00000000ab000001 18446744073709551616 x",
          "00000000ab000001  1 x"})
        CHECK_MESSAGE(!sequence_frame::parse(bytes), bytes);
}

TEST_CASE("messages in order are delivered, and nothing is missing") {
    numbered_stream l;
    l.settle();
    for (int i = 0; i < 100; ++i)
        CHECK(l.receive(l.send()) == names{"deliver"});
}

TEST_CASE("the next message tells exactly which are missing") {
    numbered_stream l;
    l.settle();
    CHECK(l.receive(l.send()) == names{"deliver"});
    for (int i = 0; i < 3; ++i)
        l.send();
    CHECK(l.receive(l.send()) == names{"missing 2-4", "deliver"});
    CHECK(l.receive(l.send()) == names{"deliver"});
}

TEST_CASE("a duplicate is told and not delivered, nor is a message that comes too late") {
    numbered_stream l;
    l.settle();
    auto const first = l.send();
    auto const second = l.send();
    auto const third = l.send();
    CHECK(l.receive(first) == names{"deliver"});
    CHECK(l.receive(first) == names{"duplicate"});
    CHECK(l.receive(third) == names{"missing 2-2", "deliver"});
    CHECK(l.receive(second) == names{"duplicate"});
}

TEST_CASE("the beacon of an idle topic tells that the last messages are missing") {
    numbered_stream l;
    l.settle();
    CHECK(l.receive(l.send()) == names{"deliver"});
    l.send();
    l.send();
    auto const sent = l.beacons();
    CHECK(sent == names{"t: 00000000ab000001 3"});
    CHECK(l.receive("00000000ab000001 3") == names{"missing 2-3"});
    CHECK(l.receive("00000000ab000001 3").empty());
    CHECK(l.receive(l.send()) == names{"deliver"});
}

TEST_CASE("an answer is readable, and says how old the stream is, and not too little") {
    numbered_stream l;
    l.send();
    auto const to = l.question();
    CHECK(l.answer(to) == "00000000ab000001 1@0123456789 3600000 2");
    l.now += 10s;
    CHECK(l.answer(to) == "00000000ab000001 1@0123456789 3600000 10032");
    CHECK(l.receive(l.answer(to)).empty());
    for (auto const* const bytes :
         {"00000000ab000001 1@", "00000000ab000001 1@0123456789 3600000",
          "00000000ab000001 1@012345678 3600000 2", "00000000ab000001 1@0123456789 3600000 2 ",
          "00000000ab000001 1@0123456789 x 2"})
        CHECK_MESSAGE(!sequence_frame::parse(bytes), bytes);
}

TEST_CASE("a stream that is not heard of from its beginning is asked for") {
    numbered_stream l;
    l.settle();
    l.send();
    l.send();
    CHECK(l.receive(l.send()) == names{"ask", "deliver"});
    SUBCASE("if it is new, it is missing its beginning") {
        CHECK(l.receive(l.answer(l.question())) == names{"missing 1-2"});
        CHECK(l.receive(l.answer(l.question())).empty());
    }
    SUBCASE("and so it is when what it goes on with is missing, too") {
        l.send();
        CHECK(l.receive(l.answer(l.question())) == names{"missing 1-2", "missing 4-4"});
    }
    SUBCASE("a question of somebody else does not settle it") {
        CHECK(l.receive(l.answer({"9876543210", l.question().asked})).empty());
        CHECK(l.receive(l.answer(l.question())) == names{"missing 1-2"});
    }
    SUBCASE("an answer that took long shows nothing, and it is asked for again") {
        auto const asked = l.question();
        l.now += 2 * l.options.settle_time;
        CHECK(l.receive(l.answer({numbered_stream::receiver_id, asked.asked - 10000})) ==
              names{"ask"});
        CHECK(l.receive(l.answer(l.question())) == names{"missing 1-2"});
    }
    SUBCASE("it is asked for ever more seldom, until there is an answer") {
        for (auto const pause : {2s, 4s, 8s}) {
            CHECK(l.receive(l.send()) == names{"deliver"});
            l.now += pause;
            CHECK(l.receive(l.send()) == names{"ask", "deliver"});
        }
    }
    CHECK(l.receive(l.send()).back() == "deliver");
}

TEST_CASE("a stream that is older than the subscription is missing nothing of what was before") {
    numbered_stream l;
    for (int i = 0; i < 5; ++i)
        l.send();
    l.now += 1h;
    l.receiver.activate(l.now);
    SUBCASE("a message comes before the answer") {
        auto const asked = l.question();
        CHECK(l.receive(l.send()) == names{"deliver"});
        CHECK(l.receive(l.answer(asked)).empty());
    }
    SUBCASE("the answer comes first") {
        CHECK(l.receive(l.answer(l.question())).empty());
    }
    SUBCASE("it is heard of long after, and answers late") {
        l.now += 1h;
        CHECK(l.receive(l.send()) == names{"ask", "deliver"});
        auto const asked = l.question();
        l.now += 1min;
        CHECK(l.receive(l.answer(asked)) == names{"ask"});
        CHECK(l.receive(l.answer(l.question())).empty());
    }
    CHECK(l.receive(l.send()) == names{"deliver"});
    l.send();
    CHECK(l.receive(l.send()).front().starts_with("missing"));
}

TEST_CASE("each publisher and each topic has numbers of its own") {
    numbered_stream l;
    sequence_sender other{l.options, 0xcd};
    l.settle();
    CHECK(l.receive(l.send()) == names{"deliver"});
    CHECK(l.receive(text(*other.next("t", "x", l.now))) == names{"deliver"});
    CHECK(l.receive(l.send("u"), "u") == names{"deliver"});
    CHECK(l.receive(l.send()) == names{"deliver"});
    CHECK(l.receive(text(*other.next("t", "x", l.now))) == names{"deliver"});
}

TEST_CASE("a stream that was silent because of an outage goes on, and what is missing is told") {
    numbered_stream l;
    l.settle();
    CHECK(l.receive(l.send()) == names{"deliver"});
    l.now += 2 * l.options.dormant_after;
    l.sender.resume(l.now);
    l.receiver.resume(l.now);
    l.send();
    SUBCASE("by the next message") {
        CHECK(l.receive(l.send()) == names{"missing 2-2", "deliver"});
    }
    SUBCASE("by the next beacon") {
        CHECK(l.beacons() == names{"t: 00000000ab000001 2"});
        CHECK(l.receive("00000000ab000001 2") == names{"missing 2-2"});
    }
}

TEST_CASE("what still comes of a subscription that ended leaves no gap before the next begins") {
    numbered_stream l;
    CHECK(l.receive(l.send()) == names{"deliver"});
    l.send(); // to nobody
    CHECK(l.receive("00000000ab000001 4 x") == names{"deliver"});
    l.receiver.activate(l.now);
    CHECK(l.receive("00000000ab000001 6 x") == names{"deliver"});
    CHECK(l.receive("00000000ab000001 6 x") == names{"duplicate"});
    CHECK(l.receive("00000000ab000001 8 x") == names{"missing 7-7", "deliver"});
}

TEST_CASE("a stream that was silent for however long goes on where it was") {
    numbered_stream l;
    l.settle();
    CHECK(l.receive(l.send()) == names{"deliver"});
    l.now += 100 * l.options.dormant_after;
    l.receiver.tick(l.now);
    CHECK(l.receiver.deadline() == time_point::max());
    l.send();
    CHECK(l.receive(l.send()) == names{"missing 2-2", "deliver"});
    CHECK(l.receive(l.send()) == names{"deliver"});
}

TEST_CASE(
    "a dormant stream beyond those remembered that goes on is missing nothing that is not known") {
    numbered_stream l;
    l.dormant = idle_streams(0);
    l.settle();
    CHECK(l.receive(l.send()) == names{"deliver"});
    l.now = l.receiver.deadline();
    l.receiver.tick(l.now);
    l.send();
    CHECK(l.receive(l.send()) == names{"ask", "deliver"});
    CHECK(l.receive(l.answer(l.question())).empty());
    l.send();
    CHECK(l.receive(l.send()) == names{"missing 4-4", "deliver"});
    SUBCASE("which does not hide that a later stream of the same publisher misses its beginning") {
        l.send("u");
        CHECK(l.receive(l.send("u"), "u") == names{"ask", "deliver"});
        CHECK(l.receive(l.answer(l.question(), "u"), "u") == names{"missing 1-1"});
    }
    SUBCASE("nor that one of another publisher does") {
        sequence_sender other{l.options, 0xcd};
        other.next("t", "x", l.now);
        CHECK(l.receive(text(*other.next("t", "x", l.now))) == names{"ask", "deliver"});
        CHECK(l.receive(l.answer_of(other, l.question())) == names{"missing 1-1"});
    }
}

TEST_CASE("a question names topics and patterns of any bytes, and is answered for those alone") {
    numbered_stream l;
    l.send("room.1");
    l.send("room.2");
    l.send("other");
    std::string question;
    sequence_request::begin(question, l.question());
    sequence_request::append(question, "other");
    sequence_request::append(question, pattern{"room.[1]"});
    sequence_request::append(question, std::string_view("p3:a\0t", 6));
    CHECK(question == std::string("0123456789 3600000 t5:otherp8:room.[1]t6:p3:a\0t", 47));

    names asked;
    names answered;
    sequence_request::parse(question, [&](auto const& mark, topic_filter const& what) {
        asked.emplace_back(what.name);
        CHECK(mark.asker == numbered_stream::receiver_id);
        CHECK(mark.asked == l.question().asked);
        l.sender.answer(mark, what, l.now);
    });
    l.sender.tick(l.now + sequence_sender::gathering_time, [&](auto topic, auto const&) {
        answered.emplace_back(topic);
        return true;
    });
    CHECK(asked == names{"other", "room.[1]", std::string("p3:a\0t", 6)});
    CHECK(answered == names{"other", "room.1"});
}

TEST_CASE("dormant streams are those of a receiver and a topic, and go with the receiver") {
    idle_streams all(100);
    auto const at = [](std::uint64_t last) {
        return hubbub::detail::stream_progress{.last = last, .unheard = 0, .heard = {}};
    };
    all.put(1, "t", "00000000ab000001", at(10));
    all.put(1, "u", "00000000ab000001", at(20));
    all.put(2, "t", "00000000ab000001", at(30));
    CHECK(all.take(1, "u", "00000000ab000001")->last == 20);
    CHECK(!all.take(1, "u", "00000000ab000001"));
    all.forget(1);
    CHECK(!all.take(1, "t", "00000000ab000001"));
    CHECK(all.take(2, "t", "00000000ab000001")->last == 30);
}

TEST_CASE("receivers are ticked at the same few times") {
    numbered_stream l;
    idle_streams dormant(100);
    std::set<time_point> times;
    for (unsigned i = 0; i < 100; ++i) {
        sequence_receiver r(l.options, numbered_stream::receiver_id, dormant, i);
        l.now += 1s;
        r.accept("t", *sequence_frame::parse("00000000ab000001 1 x"), l.now);
        CHECK(r.deadline() > l.now + l.options.dormant_after);
        CHECK(r.deadline() <= l.now + 2 * l.options.dormant_after);
        times.insert(r.deadline());
    }
    CHECK(times.size() <= 3);
}

TEST_CASE("a question that is damaged is answered up to the damage") {
    for (auto const* const damaged :
         {"", "t", "t5", "t5:", "t5:abcd", "x1:a", "t-1:a", "t99999999999999999999:a"}) {
        int asked = 0;
        sequence_request::parse("0123456789 1 t1:a" + std::string(damaged),
                                [&](auto const&, topic_filter const&) { ++asked; });
        CHECK_MESSAGE(asked == 1, damaged);
    }
    for (auto const* const damaged :
         {"", "t1:a", "0123456789", "0123456789 1", "0123456789 x t1:a"})
        sequence_request::parse(damaged,
                                [](auto const&, topic_filter const&) { FAIL("no question"); });
}

TEST_SUITE_END();

} // namespace sequence_test
