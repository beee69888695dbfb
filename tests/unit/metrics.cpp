// SPDX-License-Identifier: MIT
#include "support/local_bus.hpp"

#include <hubbub/base/utf8.hpp>
#include <hubbub/prometheus.hpp>
#include <hubbub/receiver.hpp>
#include <hubbub/topic_ledger.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <clocale>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

namespace metrics_test {

using namespace std::chrono_literals;
using hubbub::topic_statistics;

namespace {

/// A bus with a trace.
template <class Trace, class Serializer = hubbub::text_serializer>
struct traced_bus {
    explicit traced_bus(Trace t) : bus(transport, Serializer{}, std::move(t)) {}

    asio::io_context io;
    hubbub::local_broker broker;
    hubbub::local_transport transport{io.get_executor(), broker};
    hubbub::bus<hubbub::local_transport, Serializer, Trace> bus;
};

/// Of the functions of a trace it has one.
struct only_publishes {
    void on_publish(std::string_view topic, std::size_t bytes, std::error_code refused) {
        log->push_back(std::string(topic) + " " + std::to_string(bytes) + " " + refused.message());
    }
    std::vector<std::string>* log;
};

struct only_events {
    void on_event(hubbub::event const& e) { malformed += e.index() == kind.index() ? 1 : 0; }
    hubbub::event const kind = hubbub::message_malformed{};
    int& malformed;
};

} // namespace

TEST_CASE("a bus without a trace has no room for one") {
    CHECK(std::is_empty_v<hubbub::no_trace>);
    CHECK(!hubbub::detail::traces_publish<hubbub::no_trace>);
    CHECK(!hubbub::detail::traces_delivery<hubbub::no_trace>);
    CHECK(!hubbub::detail::traces_events<hubbub::no_trace>);
}

TEST_CASE("a trace has the functions that it wants") {
    std::vector<std::string> log;
    traced_bus<only_publishes> f({&log});
    CHECK(!f.bus.publish("t", "four"));
    CHECK(f.bus.publish("", "x") == hubbub::errc::empty_name);
    CHECK(log == std::vector<std::string>{"t 4 " + std::error_code{}.message(),
                                          " 1 the topic or pattern is empty"});
}

TEST_CASE("a trace that wants events alone gets them") {
    int malformed = 0;
    traced_bus<only_events, support::small_number_serializer> f({.malformed = malformed});
    hubbub::bus texts(f.transport, hubbub::text_serializer{});
    auto const numbers = f.bus.subscribe<int>("a", [](int) {});
    CHECK(!texts.publish("a", "no number"));
    f.io.run();
    CHECK(malformed == 1);
}

TEST_CASE("a topic_ledger counts by topic what its bus published, delivered and could not") {
    hubbub::topic_ledger topics;
    traced_bus<hubbub::topic_ledger, support::small_number_serializer> f(topics);
    hubbub::bus texts(f.transport, hubbub::text_serializer{});
    auto const fails = f.bus.subscribe<int>("a", [](int n) {
        if (n == 13)
            throw std::runtime_error("unlucky");
    });
    auto const queued = f.bus.subscribe<int>("a", {.max_messages = 1});
    CHECK(!f.bus.publish("a", 1));
    CHECK(!f.bus.publish("a", 13));
    CHECK(f.bus.publish("a", 100) == hubbub::errc::cannot_encode);
    CHECK(!texts.publish("a", "no number"));
    CHECK(!f.bus.publish("b", 2));
    f.io.run();

    CHECK(topics.read("a") == topic_statistics{.published = 3,
                                               .refused = 1,
                                               .published_bytes = 4,
                                               .delivered = 4,
                                               .delivered_bytes = 8,
                                               .malformed = 1,
                                               .failed = 1,
                                               .dropped = 1});
    CHECK(topics.read("b") == topic_statistics{.published = 1, .published_bytes = 2});
    CHECK(topics.read("c") == topic_statistics{});
    CHECK(topics.read_all().size() == 2);
    CHECK(topics.read_all()[0].first == "a");
}

TEST_CASE("a topic_ledger is bounded: topics beyond it are counted together") {
    hubbub::topic_ledger topics(2);
    traced_bus<hubbub::topic_ledger> f(topics);
    for (auto const* const topic : {"a", "b", "c", "d", "a"})
        CHECK(!f.bus.publish(topic, "x"));
    CHECK(topics.read("a").published == 2);
    CHECK(topics.read("c") == topic_statistics{});
    CHECK(topics.others().published == 2);
}

TEST_CASE("prometheus_text is the text exposition format: help, type, then samples") {
    hubbub::statistics s;
    s.confirmed = 7;
    s.refused = 2;
    s.queued = 3;
    s.time_down = 1500ms;
    auto const text = hubbub::prometheus_text(s, {{"bus", "a \"b\"\\\n"}});
    CHECK(
        text.find("# HELP hubbub_published_total Messages published, by what became of them.\n"
                  "# TYPE hubbub_published_total counter\n"
                  "hubbub_published_total{bus=\"a \\\"b\\\"\\\\\\n\",outcome=\"refused\"} 2\n"
                  "hubbub_published_total{bus=\"a \\\"b\\\"\\\\\\n\",outcome=\"confirmed\"} 7\n") !=
        std::string::npos);
    CHECK(text.find("\nhubbub_queued_messages{bus=\"a \\\"b\\\"\\\\\\n\"} 3\n") !=
          std::string::npos);
    CHECK(text.find("\nhubbub_link_down_seconds_total{bus=\"a \\\"b\\\"\\\\\\n\"} 1.5") !=
          std::string::npos);
    CHECK(hubbub::prometheus_text(s).find("\nhubbub_queued_messages 3\n") != std::string::npos);

    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        CHECK(line.starts_with(line.starts_with("#") ? "# " : "hubbub_"));
}

TEST_CASE("prometheus_text of a topic_ledger has a sample for each topic") {
    hubbub::topic_ledger topics;
    topics.on_publish("room.1", 5, {});
    auto const text = hubbub::prometheus_text(topics);
    CHECK(text.find("hubbub_topic_published_total{topic=\"room.1\"} 1\n"
                    "hubbub_topic_published_total{topic=\"\"} 0\n") != std::string::npos);
    CHECK(text.find("hubbub_topic_published_bytes_total{topic=\"room.1\"} 5\n") !=
          std::string::npos);
}

TEST_CASE("several buses are one text, in which no metric is told twice") {
    hubbub::statistics a;
    hubbub::statistics b;
    a.queued = 1;
    b.queued = 2;
    hubbub::topic_ledger topics;
    auto const all = hubbub::prometheus_text({{{{"bus", "a"}}, a}, {{{"bus", "b"}}, b}}) +
                     hubbub::prometheus_text(std::vector<hubbub::labelled_topics>{
                         {{{"bus", "a"}}, &topics}, {{{"bus", "b"}}, &topics}});
    CHECK(all.find("\nhubbub_queued_messages{bus=\"a\"} 1\n"
                   "hubbub_queued_messages{bus=\"b\"} 2\n") != std::string::npos);
    CHECK(all.find("\nhubbub_topic_lost_total{bus=\"a\",topic=\"\"} 0\n"
                   "hubbub_topic_lost_total{bus=\"b\",topic=\"\"} 0\n") != std::string::npos);
    std::set<std::string> told;
    std::istringstream lines(all);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("# HELP"))
            CHECK(told.insert(line.substr(0, line.find(' ', 7))).second);
}

TEST_CASE("the numbers for Prometheus are the same in every locale") {
    hubbub::statistics s;
    s.time_down = 1500ms;
    auto const text = hubbub::prometheus_text(s);
    CHECK(text.find("hubbub_link_down_seconds_total 1.5\n") != std::string::npos);
    auto const before = std::string(std::setlocale(LC_NUMERIC, nullptr));
    for (auto const* const name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"})
        if (std::setlocale(LC_NUMERIC, name) != nullptr)
            CHECK(hubbub::prometheus_text(s) == text);
    std::setlocale(LC_NUMERIC, before.c_str());
}

TEST_CASE("a label's value may be any bytes, and is UTF-8 in the text") {
    auto const written = [](std::string const& value) {
        return hubbub::detail::prometheus_labels_text({{"topic", value}});
    };
    CHECK(written("gr\xc3\xbc\xc3\x9f\xf0\x9f\x91\x8b") ==
          "{topic=\"gr\xc3\xbc\xc3\x9f\xf0\x9f\x91\x8b\"}");
    CHECK(written("\xff \xc3") == "{topic=\"%FF %C3\"}");
    CHECK(written("\xc0\xaf") == "{topic=\"%C0%AF\"}");        // longer than it need be
    CHECK(written("\xed\xa0\x80") == "{topic=\"%ED%A0%80\"}"); // half a surrogate pair
    CHECK(written("\xf4\x90\x80\x80") == "{topic=\"%F4%90%80%80\"}");
    CHECK(written("100%") == "{topic=\"100%25\"}");
}

TEST_CASE("what was escaped comes back, whatever it was") {
    std::minstd_rand random(1);
    for (int i = 0; i < 2000; ++i) {
        std::string bytes(random() % 8, '\0');
        for (auto& c : bytes)
            c = "%41\xff\xc3\xbcx\0"[random() % 8];
        auto const text = hubbub::detail::escape_to_utf8(bytes, '%');
        REQUIRE(hubbub::detail::unescape(text, '%') == bytes);
    }
    CHECK(hubbub::detail::unescape("%4", '%') == "%4");
    CHECK(hubbub::detail::unescape("%zz%", '%') == "%zz%");
}

} // namespace metrics_test
