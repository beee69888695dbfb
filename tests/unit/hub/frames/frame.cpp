// SPDX-License-Identifier: MIT
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/text_forms.hpp>

#include <hubbub/base/utf8.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace frame_test {

using namespace hubbub::detail;

namespace {

/// Each value but unknown has a name of its own, by which it is read again.
template <class Enum>
void check_names(Enum last) {
    std::set<std::string_view> names;
    for (int i = 1; i <= static_cast<int>(last); ++i) {
        auto const value = static_cast<Enum>(i);
        CHECK(names.insert(to_text(value)).second);
        Enum read = Enum::unknown;
        from_text(to_text(value), read);
        CHECK(read == value);
    }
    names.insert(to_text(Enum::unknown));
    for (auto const* const other : {"", "?", "none of them", "Here", "ADD", "count "}) {
        auto read = last;
        from_text(other, read);
        CHECK(read == Enum::unknown);
    }
    CHECK(names.size() == static_cast<std::size_t>(last) + 1);
}

} // namespace

TEST_CASE("each verb, question and reason has a name of its own, and what has none is unknown") {
    check_names(verb::done);
    check_names(presence_question::snapshot);
    check_names(beacon_reason::gone);
}

TEST_CASE("a name of any bytes stands in a frame as UTF-8, and is read as it was") {
    using form = text_form<frame_name>;
    for (std::string const& bytes :
         {std::string("plain"), std::string(), std::string("100%"), std::string("%41"),
          std::string("\xff\xc0\x80"), std::string("\0", 1), std::string("\xc3\xa4")}) {
        auto const text = form::to_text(frame_name(bytes));
        for (std::size_t i = 0; i < text.size();) {
            auto const size = utf8_size(std::string_view(text).substr(i));
            REQUIRE(size != 0);
            i += size;
        }
        frame_name read;
        CHECK(form::from_text(text, read));
        CHECK(read == bytes);
    }
    CHECK(form::to_text("100%") == "100%25");
    CHECK(form::to_text("\xff") == "%FF");
}

TEST_CASE("no two of a hub's topics are one, whatever a group, a user or a server is called") {
    hub_topics const topics("hub");
    std::set<std::string> all{topics.all(), topics.beacons(), topics.presence()};
    std::size_t count = 3;
    for (std::string const name : {"", "all", "servers", "presence", "/", "group/x", "x"}) {
        all.insert(topics.group(name));
        all.insert(topics.user(name));
        all.insert(topics.server(name));
        all.insert(topics.control(name));
        count += 4;
    }
    CHECK(all.size() == count);
    for (auto const& topic : all)
        CHECK(topic.starts_with("hub/"));
}

TEST_CASE("the id of a connection names its server, and what is no such id one that there is not") {
    CHECK(server_of("0123abc-17") == "0123abc");
    CHECK(server_of("0123abc") == "0123abc");
    CHECK(server_of("-17").empty());
    CHECK(server_of("").empty());
}

} // namespace frame_test
