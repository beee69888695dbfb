// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/stage.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hubbub::testing {

namespace detail {

/// What a pattern matches, and what not. Source: redis.io/docs/latest/commands/psubscribe and
/// keys; each line was checked with redis-server 7.0.15, and is again where the suite runs on it.
struct glob_example {
    std::string_view pattern;
    std::vector<std::string_view> matching;
    std::vector<std::string_view> others;
};

inline std::vector<glob_example> const& glob_examples() {
    static std::vector<glob_example> const all{
        {"*", {"a", "a b", "*"}, {}},
        {"room.*", {"room.", "room.42", "room.a.b"}, {"room", "Room.1", "a room.1"}},
        {"*.log", {".log", "a.log", "a.log.log"}, {"a.log.", "log"}},
        {"a*b*c", {"abc", "a1b2c", "abcabc"}, {"ab", "abcd", "acb"}},
        {"a**b", {"ab", "axb"}, {"a"}},
        {"h?llo", {"hello", "h?llo", "h*llo"}, {"hllo", "heello"}},
        {"??", {"ab", "??"}, {"a", "abc"}},
        {"h[ae]llo", {"hello", "hallo"}, {"hillo", "haello", "h[ae]llo"}},
        {"h[^e]llo", {"hallo", "h^llo"}, {"hello", "hllo"}},
        {"h[a-c]llo", {"hallo", "hbllo", "hcllo"}, {"hdllo", "h-llo"}},
        {"h[c-a]llo", {"hallo", "hbllo"}, {"hdllo"}},
        {"[^a-c]", {"d", "-"}, {"b"}},
        {"[a-cx]", {"b", "x"}, {"d", "-"}},
        {"[\\]a]", {"]", "a"}, {"\\", "b"}},
        {"[a\\-c]", {"a", "-", "c"}, {"b"}},
        {"[!a]", {"!", "a"}, {"b"}},
        {"[ab", {"a", "b"}, {"c", "[ab"}},
        {"a\\*b", {"a*b"}, {"axb", "a\\*b"}},
        {"a\\?b", {"a?b"}, {"axb"}},
        {"a\\[b]", {"a[b]"}, {"ab"}},
        {"a\\\\b", {"a\\b"}, {"a\\\\b", "ab"}},
        {"a]b", {"a]b"}, {"ab"}},
        {"literal", {"literal"}, {"literally", "Literal", "iteral"}},
    };
    return all;
}

} // namespace detail

/// Names are bytes.
template <transport Transport>
void add_name_cases(conformance_list<Transport>& cases) {
    cases.add("a topic's name is literal, whatever bytes it has", [](auto& s) {
        using namespace std::string_view_literals;
        auto& a = s.add_server();
        auto& b = s.add_server();
        std::vector<std::string> const names{"*",
                                             "?",
                                             "a*c",
                                             "abc",
                                             "a?c",
                                             "[abc]",
                                             "a",
                                             "[^a]",
                                             "b",
                                             "\\",
                                             "\\\\",
                                             "a\\*c",
                                             "A",
                                             "Abc",
                                             "a b",
                                             " ",
                                             "\r\n",
                                             "a\nb",
                                             "a\r\nPING\r\n",
                                             "$1",
                                             "*1\r\n",
                                             "a:b",
                                             ":",
                                             "/",
                                             "a/b",
                                             "#",
                                             "+",
                                             "-",
                                             "%00",
                                             "\"quoted\"",
                                             "'",
                                             "{a}",
                                             "größe",
                                             "名前",
                                             "🙂",
                                             "\xff\xfe",
                                             std::string("\0"sv),
                                             std::string("a\0b"sv),
                                             std::string("a\0c"sv),
                                             std::string(4096, 'x'),
                                             std::string(4095, 'x') + "y"};
        std::map<std::string, std::vector<std::string>> seen;
        std::vector<subscription> subscriptions;
        for (auto const& name : names)
            subscriptions.push_back(
                s.listen(a, name, [&](std::string_view topic, std::string const& payload) {
                    seen[name].push_back(payload + " on " + std::string(topic));
                }));
        for (auto const& name : names) {
            a.publish(name, "from a");
            b.publish(name, "from b");
        }
        s.flush(a, a);
        s.flush(b, a);
        for (auto const& name : names) {
            require_equal(seen[name].size(), 2U, "messages on " + detail::shown(name));
            for (auto const* from : {"from a on ", "from b on "})
                require(std::find(seen[name].begin(), seen[name].end(), from + name) !=
                            seen[name].end(),
                        "a message comes under the very name " + detail::shown(name));
        }
    });

    cases.add("a name that is empty or too long is refused", [](auto& s) {
        auto& a = s.add_server({.max_name_bytes = 16});
        std::string const longest(16, 'n');
        std::string const too_long(17, 'n');
        struct example {
            std::string name;
            std::error_code expected;
        };
        recorder seen;
        auto& bus = a.bus();
        std::vector<subscription> kept;
        for (auto const& [name, expected] :
             {example{"", errc::empty_name}, example{too_long, errc::name_too_long},
              example{longest, {}}}) {
            require_equal(bus.publish(name, "x"), expected, "publish");
            for (auto const& what : {topic_filter(name), s.by_pattern({name}, name)}) {
                std::error_code refused;
                kept.push_back(bus.template subscribe<std::string>(what, seen.sink(), refused));
                require_equal(refused, expected, "subscribe");
                require_equal(static_cast<bool>(kept.back()), !expected, "a subscription is made");
                std::vector<std::error_code> results;
                bus.template async_subscribe<std::string>(
                    what, seen.sink(), [&](std::error_code error, subscription made) {
                        results.push_back(error);
                        kept.push_back(std::move(made));
                    });
                require(results.empty(), "no handler runs inside its operation");
                s.run_until([&] { return !results.empty(); }, "async_subscribe");
                require_equal(results.front(), expected, "async_subscribe");
                require_equal(static_cast<bool>(kept.back()), !expected, "a subscription is given");
            }
            std::vector<std::error_code> results;
            bus.async_publish(name, "x", [&](std::error_code error, receiver_count) {
                results.push_back(error);
            });
            require(results.empty(), "no handler runs inside its operation");
            s.run_until([&] { return !results.empty(); }, "async_publish");
            require_equal(results.front(), expected, "async_publish");
        }
        require_equal(bus.statistics().published, 6U, "published");
        require_equal(bus.statistics().refused, 4U, "refused");
        s.run_until([&] { return seen.count() >= 4; }, "a message on the longest name");
    });
}

/// Patterns are Redis's, or there are none.
template <transport Transport>
void add_pattern_cases(conformance_list<Transport>& cases, transport_traits const& traits) {
    if (traits.patterns == pattern_support::none)
        return cases.add("a pattern is refused", [](auto& s) {
            auto& a = s.add_server();
            recorder seen;
            std::optional<std::error_code> result;
            a.bus().template async_subscribe<std::string>(
                pattern{"t*"}, seen.sink(),
                [&](std::error_code error, subscription const&) { result = error; });
            s.run_until([&] { return result.has_value(); }, "async_subscribe");
            require_equal(*result, make_error_code(errc::patterns_unsupported), "async_subscribe");
            a.publish("t", "x");
            s.flush(a, a);
            require_equal(seen.count(), 0U, "messages");
        });

    cases.add("a pattern matches what Redis says it matches", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        for (auto const& [glob, matching, others] : detail::glob_examples()) {
            recorder topics;
            auto const sink = [&](std::string_view topic, std::string const& payload) {
                if (payload == "example")
                    topics.add(std::string(topic));
            };
            auto const made = s.listen(a, pattern{glob}, sink);
            for (auto const topic : others)
                b.publish(topic, "example");
            for (auto const topic : matching)
                b.publish(topic, "example");
            s.flush(b, a);
            require_equal(topics.seen(), std::vector<std::string>(matching.begin(), matching.end()),
                          "topics that match " + detail::shown(glob));
        }
    });

    cases.add("a topic and the patterns that match it get a message once each", [](auto& s) {
        auto& a = s.add_server();
        recorder exact;
        recorder one;
        recorder two;
        recorder none;
        auto const first = s.listen(a, "room.42", exact.sink());
        auto const second = s.listen(a, pattern{"room.*"}, one.sink());
        auto const third = s.listen(a, pattern{"*.42"}, two.sink());
        auto const fourth = s.listen(a, pattern{"hall.*"}, none.sink());
        a.publish("room.42", "x");
        s.flush(a, a);
        require_equal(exact.count(), 1U, "messages at the topic");
        require_equal(one.count(), 1U, "messages at a pattern");
        require_equal(two.count(), 1U, "messages at another pattern");
        require_equal(none.count(), 0U, "messages at a pattern that does not match");
    });

    cases.add("a topic that is called as a pattern is another filter", [](auto& s) {
        auto& a = s.add_server();
        recorder exact;
        recorder glob;
        auto first = s.listen(a, "room.*", exact.sink());
        auto const second = s.listen(a, pattern{"room.*"}, glob.sink());
        a.publish("room.*", "1");
        a.publish("room.1", "2");
        s.flush(a, a);
        first.reset();
        a.publish("room.*", "3");
        s.flush(a, a);
        using texts = std::vector<std::string>;
        require_equal(exact.seen(), texts{"1"}, "messages at the topic");
        require_equal(glob.seen(), texts{"1", "2", "3"}, "messages at the pattern");
    });

    cases.add("a pattern ends as a topic does", [](auto& s) {
        auto& a = s.add_server();
        recorder ended;
        recorder stays;
        auto first = s.listen(a, pattern{"room.*"}, ended.sink());
        auto const second = s.listen(a, pattern{"room.?"}, stays.sink());
        a.publish("room.1", "1");
        s.flush(a, a);
        first.reset();
        a.publish("room.1", "2");
        s.flush(a, a);
        require_equal(ended.count(), 1U, "messages at the pattern that ended");
        require_equal(stays.count(), 2U, "messages at the other");
    });
}

} // namespace hubbub::testing
