// SPDX-License-Identifier: MIT
#include <hubbub/serializer.hpp>

#include <hubbub/serializer/in_place.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/msgpack.hpp>
#include <hubbub/serializer/text.hpp>

#include "support/serialized_types.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace serializer_test {

// What can be encoded, and how it looks.

using hubbub::errc;
using hubbub::json_serializer;
using hubbub::msgpack_serializer;
using hubbub::text_serializer;
using support::a_message;
using support::check_round_trip;
using support::decoded;
using support::encoded;
using support::malformed;
using support::text_of;
using namespace std::string_literals;

#define STRUCTURED_SERIALIZERS json_serializer, msgpack_serializer

TEST_CASE_TEMPLATE("what was encoded decodes to the same", Serializer, STRUCTURED_SERIALIZERS) {
    check_round_trip<Serializer>(a_message());
    check_round_trip<Serializer>(chat::message{});
    check_round_trip<Serializer>(chat::nothing{});
    check_round_trip<Serializer>(chat::tree{1, {{2, {{3, {}}}}, {4, {}}}});

    check_round_trip<Serializer>(true);
    check_round_trip<Serializer>('c');
    check_round_trip<Serializer>(std::numeric_limits<std::int64_t>::min());
    check_round_trip<Serializer>(std::numeric_limits<std::uint64_t>::max());
    check_round_trip<Serializer>(1.5f);
    check_round_trip<Serializer>(std::numeric_limits<double>::denorm_min());
    check_round_trip<Serializer>(chat::mood::glad);
    check_round_trip<Serializer>("text"s);
    check_round_trip<Serializer>("zero\0byte"s);

    check_round_trip<Serializer>(std::optional<int>());
    check_round_trip<Serializer>(std::optional<int>(1));
    check_round_trip<Serializer>(std::vector<bool>{true, false});
    check_round_trip<Serializer>(std::vector<std::byte>{std::byte{0}, std::byte{200}});
    check_round_trip<Serializer>(std::deque<chat::person>{{"a", 1}, {"b", {}}});
    check_round_trip<Serializer>(std::set<std::string>{"a", "b"});
    check_round_trip<Serializer>(std::map<int, std::string>{{1, "a"}, {2, "b"}});
    check_round_trip<Serializer>(std::multimap<std::string, int>{{"a", 1}, {"a", 2}});
    check_round_trip<Serializer>(std::unordered_map<std::string, std::optional<int>>{{"a", {}}});
    check_round_trip<Serializer>(std::pair<int, chat::person>{1, {"a", 2}});
    check_round_trip<Serializer>(std::tuple<>());
    check_round_trip<Serializer>(std::tuple<std::tuple<int>>());
    check_round_trip<Serializer>(std::array<chat::mood, 2>{chat::mood::glad, chat::mood::calm});
    check_round_trip<Serializer>(nlohmann::json{{"a", {1, nullptr}}});
}

TEST_CASE_TEMPLATE("an aggregate of one member is not its member", Serializer,
                   STRUCTURED_SERIALIZERS) {
    check_round_trip<Serializer>(chat::only<int>{1});
    check_round_trip<Serializer>(chat::only<std::string>{"a"});
    check_round_trip<Serializer>(chat::only<std::optional<std::string>>{"a"});
    check_round_trip<Serializer>(chat::only<std::vector<nlohmann::json>>{{1, "a"}});
    check_round_trip<Serializer>(chat::only<nlohmann::json>{{1, "a"}});
    check_round_trip<Serializer>(chat::only<chat::only<chat::nothing>>{});
    CHECK(text_of(chat::only<nlohmann::json>{7}) == R"({"member":7})");
    CHECK(text_of(chat::only<std::string>{"a"}) == R"({"member":"a"})");
    CHECK(text_of(chat::only<chat::only<chat::nothing>>{}) == R"({"member":{"member":{}}})");
}

TEST_CASE("types without a linkage of their own are encoded too") {
    struct local {
        int x;
        std::vector<std::string> names;
    };
    CHECK(text_of(local{1, {"a"}}) == R"({"x":1,"names":["a"]})");
    CHECK(decoded<local>(R"({"x":2})").x == 2);
}

TEST_CASE("JSON text is plain and readable, with the members as they are declared") {
    CHECK(text_of(chat::person{"ada", 36}) == R"({"name":"ada","age":36})");
    CHECK(text_of(chat::person{"ada", {}}) == R"({"name":"ada"})");
    CHECK(text_of(chat::nothing{}) == "{}");
    CHECK(text_of(std::tuple("a", 1, true, std::optional<int>())) == R"(["a",1,true,null])");
    CHECK(text_of(std::tuple()) == "[]");
    CHECK(text_of(std::map<std::string, int>{{"b", 1}, {"a", 2}}) == R"({"a":2,"b":1})");
    CHECK(text_of(std::map<int, int>{{1, 2}}) == "[[1,2]]");
    CHECK(text_of(chat::mood::glad) == "7");
    CHECK(text_of("h\u00e9") == "\"h\u00e9\"");
    CHECK(text_of(std::string_view("a\nb")) == R"("a\nb")");
    CHECK(text_of(std::string_view()) == R"("")");
    CHECK(text_of(a_message()) ==
          R"({"at":1700000000000,"from":{"name":"ada","age":36},)"
          "\"text\":\"hi \\\"there\\\"\\n\u00e9\u4e16\","
          R"("tags":["a",""],"scores":{"x":0.1,"y":-2.0},"parts":[-1,"two",true],)"
          R"("size":[640,-480],"to":{"name":"bob"},"felt":7,"votes":[1,null,3]})");
}

TEST_CASE_TEMPLATE("references are encoded as what they refer to", Serializer,
                   STRUCTURED_SERIALIZERS) {
    std::string const text = "a";
    int const number = 1;
    std::string of_references;
    std::string of_values;
    CHECK(!Serializer{}.encode(std::tie(text, number), of_references));
    CHECK(!Serializer{}.encode(std::tuple(text, number), of_values));
    CHECK(of_references == of_values);
}

TEST_CASE("encode appends to what is in the buffer") {
    std::string out = "before ";
    CHECK(json_serializer{}.encode(1, out) == std::error_code());
    CHECK(out == "before 1");
    CHECK(msgpack_serializer{}.encode(1, out) == std::error_code());
    CHECK(out == "before 1\x01");
}

TEST_CASE("MessagePack carries members by name, and bytes as bytes") {
    msgpack_serializer const serializer;
    CHECK(encoded(serializer, chat::person{"ada", 36}) ==
          "\x82\xa4"s + "name\xa3" + "ada\xa3" + "age\x24");
    CHECK(encoded(serializer, std::vector<std::byte>(3)) == "\xc4\x03\0\0\0"s);
    CHECK(decoded<std::vector<std::byte>>("\x92\x01\xcc\xff", serializer) ==
          std::vector{std::byte{1}, std::byte{255}});
}

TEST_CASE("JSON carries bytes as an array of numbers") {
    CHECK(text_of(std::vector{std::byte{1}, std::byte{255}}) == "[1,255]");
    CHECK(text_of(nlohmann::json{{"b", nlohmann::json::binary({1, 2})}}) == R"({"b":[1,2]})");
    CHECK(malformed<std::vector<std::byte>>("[256]"));
    CHECK(malformed<std::vector<std::byte>>("\"ab\""));
}

TEST_CASE_TEMPLATE("a conversion of the user's own wins", Serializer, STRUCTURED_SERIALIZERS) {
    check_round_trip<Serializer>(own::written{1, 2});
    check_round_trip<Serializer>(own::declared{1, 0});
    check_round_trip<Serializer>(own::guarded{7});
    check_round_trip<Serializer>(own::colour::green);
    check_round_trip<Serializer>(own::foreign_kind::b);
    check_round_trip<Serializer>(chat::only<std::vector<std::optional<own::written>>>{{{{1, 2}}}});
}

TEST_CASE("a conversion of the user's own is what the text shows") {
    CHECK(text_of(own::written{1, 2}) == "[1,2]");
    CHECK(text_of(own::declared{1, 2}) == R"({"x":1})");
    CHECK(text_of(own::guarded{7}) == R"({"secret_":7})");
    CHECK(text_of(own::colour::green) == R"("green")");
    CHECK(text_of(std::map<std::string, own::colour>{{"a", {}}}) == R"({"a":"red"})");
    CHECK(text_of(own::list{{1, 2, 3}}) == "3");
    CHECK(text_of(own::foreign{12}) == R"("12")");
    CHECK(decoded<own::foreign>(R"("12")").x == 2);
    CHECK(text_of(own::foreign_kind::b) == R"("b")");
    CHECK(text_of(std::filesystem::path("/a/b")) == R"("/a/b")"); // which nlohmann knows
}

TEST_CASE("a conversion of the user's own that throws nlohmann's exception is an error code") {
    std::string out;
    CHECK(json_serializer{}.encode(own::refusing{}, out) == errc::cannot_encode);
    CHECK(msgpack_serializer{}.encode(std::vector<own::refusing>(1), out) == errc::cannot_encode);
    CHECK(malformed<own::written>("[1]"));
    CHECK(malformed<own::written>("{}"));
    CHECK(malformed<own::declared>("{}"));
    CHECK(malformed<chat::only<own::guarded>>(R"({"member":{"secret_":"a"}})"));
}

TEST_CASE("text_serializer's payload is the value") {
    text_serializer const serializer;
    CHECK(encoded(serializer, "zero\0byte"s) == "zero\0byte"s);
    CHECK(encoded(serializer, "literal") == "literal");
    CHECK(encoded(serializer, std::vector{std::byte{0}, std::byte{255}}) == "\0\xff"s);
    CHECK(decoded<std::string>("zero\0byte"s, serializer) == "zero\0byte"s);
    CHECK(decoded<std::vector<std::byte>>("\0\xff"s, serializer) ==
          std::vector{std::byte{0}, std::byte{255}});
    CHECK(decoded<std::vector<std::byte>>("", serializer).empty());
}

TEST_CASE("text_serializer's views copy nothing") {
    auto const payload = "zero\0byte"s;
    auto const view = decoded<std::string_view>(payload, text_serializer{});
    CHECK(view.data() == payload.data());
    CHECK(view.size() == payload.size());
    CHECK(text_serializer::view(payload).data() == payload.data());

    std::vector const bytes{std::byte{0}, std::byte{1}};
    auto const viewed = text_serializer::view(bytes);
    CHECK(static_cast<void const*>(viewed.data()) == bytes.data());
    CHECK(viewed == "\0\x01"s);
}

namespace {

struct with_pointer {
    int* pointer;
};

class private_data {
    [[maybe_unused]] int number_ = 0;
};

struct with_private_data {
    std::vector<private_data> all;
};

struct with_view {
    std::string_view view;
};

struct with_constant {
    int const number = 0;
};

struct derived : chat::person {
    int more;
};

} // namespace

TEST_CASE("a serializer accepts just the types that it can express") {
    using hubbub::decodes;
    using hubbub::encodes;
    using hubbub::serializer_for;

    static_assert(serializer_for<text_serializer, std::string>);
    static_assert(serializer_for<text_serializer, std::string_view>);
    static_assert(serializer_for<text_serializer, std::vector<std::byte>>);
    static_assert(encodes<text_serializer, char const*>);
    static_assert(!decodes<text_serializer, char const*>);
    static_assert(!encodes<text_serializer, int>);
    static_assert(!decodes<text_serializer, chat::person>);

    static_assert(serializer_for<hubbub::in_place_serializer, with_pointer>);
    static_assert(hubbub::in_place<hubbub::in_place_serializer>);
    static_assert(!hubbub::in_place<json_serializer>);

    static_assert(serializer_for<json_serializer, chat::message>);
    static_assert(serializer_for<json_serializer, chat::tree>);
    static_assert(serializer_for<json_serializer, chat::call>);
    static_assert(serializer_for<json_serializer, own::guarded>);
    static_assert(serializer_for<json_serializer, own::list>);
    static_assert(encodes<json_serializer, char const*>);
    static_assert(encodes<json_serializer, std::tuple<char const*, int const&>>);
    static_assert(encodes<json_serializer, own::refusing>);

    static_assert(!encodes<json_serializer, with_pointer>);
    static_assert(!encodes<json_serializer, private_data>);
    static_assert(!encodes<json_serializer, with_private_data>);
    static_assert(!encodes<json_serializer, std::optional<with_private_data>>);
    static_assert(!encodes<json_serializer, derived>);
    static_assert(!encodes<json_serializer, int*>);
    static_assert(!encodes<json_serializer, int[2]>);
    static_assert(!encodes<json_serializer, std::nullptr_t>);
    static_assert(!encodes<json_serializer, std::unique_ptr<int>>);
    static_assert(!encodes<json_serializer, std::function<void()>>);
    static_assert(!encodes<json_serializer, std::variant<int, std::string>>);

    static_assert(!decodes<json_serializer, with_pointer>);
    static_assert(!decodes<json_serializer, with_private_data>);
    static_assert(!decodes<json_serializer, own::refusing>);
    static_assert(encodes<json_serializer, with_view>);
    static_assert(!decodes<json_serializer, with_view>);
    static_assert(encodes<json_serializer, std::map<std::string_view, int>>);
    static_assert(!decodes<json_serializer, std::map<std::string_view, int>>);
    static_assert(encodes<json_serializer, with_constant>);
    static_assert(!decodes<json_serializer, with_constant>);
    static_assert(!decodes<json_serializer, std::tuple<int&>>);

    static_assert(serializer_for<msgpack_serializer, chat::message>);
    static_assert(!encodes<msgpack_serializer, with_pointer>);
}

#undef STRUCTURED_SERIALIZERS

} // namespace serializer_test
