// SPDX-License-Identifier: MIT
#include <hubbub/flow/glob.hpp>

#include <hubbub/transport/matches.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace glob_test {

using hubbub::detail::glob_escape;
using hubbub::detail::glob_match;
using namespace std::string_view_literals;

namespace {

std::string random_text(std::minstd_rand& random, std::string_view alphabet, std::size_t most) {
    std::string text(std::uniform_int_distribution<std::size_t>(1, most)(random), '\0');
    for (auto& c : text)
        c = alphabet[std::uniform_int_distribution<std::size_t>(0, alphabet.size() - 1)(random)];
    return text;
}

/// What a glob of stars, question marks and letters means, said as plainly as possible.
bool matches_plainly(std::string_view glob, std::string_view text) {
    if (glob.empty())
        return text.empty();
    if (glob[0] == '*')
        return matches_plainly(glob.substr(1), text) ||
               (!text.empty() && matches_plainly(glob, text.substr(1)));
    return !text.empty() && (glob[0] == '?' || glob[0] == text[0]) &&
           matches_plainly(glob.substr(1), text.substr(1));
}

} // namespace

TEST_CASE("a glob means what it means in Redis") {
    struct {
        std::string_view glob, text;
        bool matches;
    } const rows[] = {
        // Without anything special it is the name itself.
        {"news", "news", true},
        {"news", "new", false},
        {"news", "newss", false},
        {"news", "News", false},
        // A star takes any bytes, also none.
        {"*", "a", true},
        {"*", "a.b/c", true},
        {"news.*", "news.", true},
        {"news.*", "news.art", true},
        {"news.*", "news", false},
        {"*.art", "news.art", true},
        {"*.art", ".art", true},
        {"*.art", "news.arts", false},
        {"n*s", "ns", true},
        {"n*s", "news", true},
        {"n*s", "newsy", false},
        {"n**s", "news", true},
        {"***", "x", true},
        {"*a*b*c*", "xxaxxbxxcxx", true},
        {"*a*b*c*", "xxaxxcxxbxx", false},
        {"a*", "a\0b"sv, true},
        // A question mark takes exactly one.
        {"h?llo", "hello", true},
        {"h?llo", "hllo", false},
        {"h?llo", "heello", false},
        {"?", "a", true},
        {"??", "a", false},
        {"?*", "a", true},
        {"*?", "a", true},
        {"*??", "a", false},
        {"?", "\xc3\xbc", false}, // bytes, not characters
        {"a?b", "a\0b"sv, true},
        // A class takes one of its own.
        {"h[ae]llo", "hello", true},
        {"h[ae]llo", "hillo", false},
        {"[a]", "a", true},
        {"[a-c]x", "bx", true},
        {"[a-c]x", "dx", false},
        {"[c-a]x", "bx", true}, // a range in either order
        {"[a-cx-z]", "y", true},
        {"[a-cx-z]", "m", false},
        {"[a-a]", "a", true},
        {"[?*]", "*", true},
        {"[?*]", "?", true},
        {"[?*]", "a", false},
        {"[\x80-\xff]", "\xc3", true},
        {"[\x80-\xff]", "a", false},
        // A negated class takes one of the others.
        {"h[^e]llo", "hallo", true},
        {"h[^e]llo", "hello", false},
        {"[^a-c]", "b", false},
        {"[^a-c]", "d", true},
        {"[a^]", "^", true}, // a caret means that at the beginning alone
        {"[!a]", "b", false},
        {"[!a]", "!", true},
        // An empty class takes nothing, and a negated one anything.
        {"[]", "a", false},
        {"[]", "]", false},
        {"[]a]", "a", false},
        {"[^]", "a", true},
        {"[^]a]", "xa]", true},
        // A dash at an end is itself; between, the closing bracket may end a range.
        {"[-a]", "-", true},
        {"[a-", "-", true},
        {"[a-", "a", true},
        {"[a-]", "^", true},
        {"[a-]", "b", false},
        // A class that is not closed ends with the pattern.
        {"[ab", "b", true},
        {"[ab", "c", false},
        {"[", "[", false},
        {"x[", "x", false},
        {"[^", "x", true},
        // A backslash takes the next byte as it is, also in a class.
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"h\\?llo", "h?llo", true},
        {"h\\?llo", "hello", false},
        {"\\[a]", "[a]", true},
        {"\\a", "a", true},
        {"\\\\", "\\", true},
        {"[\\]]", "]", true},
        {"[\\^a]", "^", true},
        {"[a\\-c]", "-", true},
        {"[a\\-c]", "b", false},
        {"[\\a-c]", "b", false}, // an escaped byte begins no range
        {"[\\a-c]", "-", true},
        // At the very end it is itself.
        {"a\\", "a\\", true},
        {"a\\", "a", false},
        {"[\\", "\\", true},
        // Together.
        {"*[0-9]?", "room.42", true},
        {"*[0-9]?", "room.4", false},
        {"room.[1-3]*\\?", "room.25?", true},
        {"", "a", false},
        {"", "", true},
    };
    for (auto const& row : rows) {
        CAPTURE(row.glob);
        CAPTURE(row.text);
        CHECK(glob_match(row.glob, row.text) == row.matches);
    }
}

TEST_CASE("stars and question marks mean the same however they are mixed") {
    std::minstd_rand random(7);
    int matched = 0;
    for (int i = 0; i < 20000; ++i) {
        auto const glob = random_text(random, "ab*?", 7);
        auto const text = random_text(random, "ab", 7);
        bool const matches = glob_match(glob, text);
        matched += matches ? 1 : 0;
        REQUIRE_MESSAGE(matches == matches_plainly(glob, text), glob << " on " << text);
    }
    CHECK(matched > 1000); // else nothing was tested
}

TEST_CASE("an escaped name matches itself and nothing else") {
    std::minstd_rand random(11);
    auto const alphabet = "ab*?[]\\^-!\0\xff"sv;
    for (int i = 0; i < 20000; ++i) {
        auto const name = random_text(random, alphabet, 8);
        auto const other = random_text(random, alphabet, 8);
        REQUIRE_MESSAGE(glob_match(glob_escape(name), name), name);
        REQUIRE_MESSAGE(glob_match(glob_escape(name), other) == (name == other),
                        name << " on " << other);
        REQUIRE(glob_match(glob_escape(name) + "*", name + other));
    }
    CHECK(glob_escape("plain.name") == "plain.name");
    CHECK(glob_escape("").empty());
}

TEST_CASE("no glob takes more than the product of the lengths") {
    // Tried blindly, each of these would take longer than the universe has lasted.
    std::string glob;
    for (int i = 0; i < 200; ++i)
        glob += "a*";
    std::string const text(2000, 'a');
    CHECK(glob_match(glob, text));
    CHECK(!glob_match(glob + "b", text));

    std::string classes;
    for (int i = 0; i < 200; ++i)
        classes += "*[a-z]";
    CHECK(!glob_match(classes + "[^a]", text));
    CHECK(!glob_match(std::string(400, '*') + "b", text));
    CHECK(!glob_match(std::string(4000, '['), text));
}

TEST_CASE("a filter matches its topic exactly, or what its pattern matches") {
    CHECK(hubbub::matches("room.*", "room.*"));
    CHECK(!hubbub::matches("room.*", "room.1"));
    CHECK(hubbub::matches(hubbub::pattern{"room.*"}, "room.1"));
    CHECK(!hubbub::matches(hubbub::pattern{"room.*"}, "hall.1"));
}

} // namespace glob_test
