// SPDX-License-Identifier: MIT
#include <hubbub/serializer.hpp>

#include <hubbub/base/text_form.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/msgpack.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

// Values that are encoded already, inside others and alone; and hubbub's own that travel as text.
namespace encoded_test {

/// A type of hubbub's own: any bytes, in hexadecimal digits for those that are none of text.
struct tag {
    std::string bytes;
    bool operator==(tag const&) const = default;
};

} // namespace encoded_test

template <>
struct hubbub::detail::text_form<encoded_test::tag> {
    static std::string to_text(encoded_test::tag const& value) { return "<" + value.bytes + ">"; }
    static bool from_text(std::string_view text, encoded_test::tag& value) {
        if (text.size() < 2 || text.front() != '<' || text.back() != '>')
            return false;
        value.bytes = text.substr(1, text.size() - 2);
        return true;
    }
};

namespace encoded_test {

using hubbub::encoded;
using hubbub::errc;
using hubbub::json_serializer;
using hubbub::msgpack_serializer;
using namespace std::string_literals;

#define STRUCTURED_SERIALIZERS json_serializer, msgpack_serializer

struct call {
    std::string method;
    encoded arguments;
    std::optional<encoded> more;
    std::vector<encoded> list;
    bool operator==(call const&) const = default;
};

struct tagged {
    tag one;
    std::optional<tag> other;
    std::vector<tag> all;
    bool operator==(tagged const&) const = default;
};

template <class Serializer, class T>
std::string bytes_of(T const& value) {
    std::string out;
    CHECK(Serializer{}.encode(value, out) == std::error_code());
    return out;
}

template <class Serializer, class T>
bool malformed(std::string_view bytes) {
    T value{};
    return Serializer{}.decode(bytes, value) == errc::malformed_payload;
}

TEST_CASE_TEMPLATE("an encoded value is a part of the message around it", Serializer,
                   STRUCTURED_SERIALIZERS) {
    Serializer const serializer;
    encoded const arguments{bytes_of<Serializer>(std::tuple("a", 1))};
    call const sent{"send", arguments, encoded{bytes_of<Serializer>(1.5)}, {arguments, arguments}};

    call received;
    CHECK(!serializer.decode(bytes_of<Serializer>(sent), received));
    CHECK(received == sent);
    std::tuple<std::string, int> taken;
    CHECK(!serializer.decode(received.arguments.bytes, taken));
    CHECK(taken == std::tuple("a", 1));

    // As it would have been without.
    CHECK(bytes_of<Serializer>(std::tuple("send", arguments)) ==
          bytes_of<Serializer>(std::tuple("send", std::tuple("a", 1))));
    CHECK(bytes_of<Serializer>(arguments) == arguments.bytes);
}

TEST_CASE_TEMPLATE("an encoded value that is empty is null", Serializer, STRUCTURED_SERIALIZERS) {
    auto const null = bytes_of<Serializer>(std::optional<int>());
    CHECK(bytes_of<Serializer>(encoded{}) == null);
    call read;
    CHECK(!Serializer{}.decode(bytes_of<Serializer>(call{"a", {}, {}, {{}}}), read));
    CHECK(read == call{"a", {null}, {}, {{null}}});
}

TEST_CASE("what is read as encoded is the text as it stands there") {
    call read;
    CHECK(!json_serializer{}.decode(
        "{ \"arguments\" : [ 1 , {\"a\\u0062\" : 1.0e0} ] , \"more\" :null, \"list\": [ 1 ,2] }",
        read));
    CHECK(read.arguments.bytes == "[ 1 , {\"a\\u0062\" : 1.0e0} ]");
    CHECK(!read.more);
    CHECK(read.list == std::vector<encoded>{{"1"}, {"2"}});
    encoded all;
    CHECK(!json_serializer{}.decode(" \n7 ", all));
    CHECK(all.bytes == "7");
}

TEST_CASE("what is read as encoded is one value, of UTF-8, and 64 levels deep at most in all") {
    for (auto const* text : {"", "[1,]", "{\"a\"}", "{\"a\":1,}", "[1 2]", "nul", "01", "1.", "-",
                             "1e", "\"\xff\"", "\"\\ud800\"", "\"\\x\"", "\"a", "[}", "1e999", "]"})
        CHECK_MESSAGE((malformed<json_serializer, encoded>(text)), text);
    auto const nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    CHECK(!malformed<json_serializer, encoded>(nested(64)));
    CHECK(malformed<json_serializer, encoded>(nested(65)));
    CHECK(!malformed<json_serializer, call>("{\"arguments\":" + nested(63) + "}"));
    CHECK(malformed<json_serializer, call>("{\"arguments\":" + nested(64) + "}"));
    CHECK(malformed<json_serializer, call>("{\"nobody\":" + nested(64) + "}"));

    for (auto const& bytes : {""s, "\xc1"s, "\x92\x01"s, "\x81\x01\x02"s, "\xa2x"s, "\xd9"s,
                              "\xd4\x01"s, "\xdd\xff\xff\xff\xff\x01"s, "\x01\x02"s})
        CHECK(malformed<msgpack_serializer, encoded>(bytes));
    auto const within = [](std::size_t levels) { return std::string(levels, '\x91') + "\x90"; };
    CHECK(!malformed<msgpack_serializer, encoded>(within(63)));
    CHECK(malformed<msgpack_serializer, encoded>(within(64)));
    CHECK(!malformed<msgpack_serializer, encoded>("\xa1\xff")); // any text
}

TEST_CASE_TEMPLATE("the elements of an encoded tuple are views of it", Serializer,
                   STRUCTURED_SERIALIZERS) {
    Serializer const serializer;
    auto const bytes = bytes_of<Serializer>(
        std::tuple("a", 1, std::map<std::string, std::vector<int>>{{"b", {1, 2}}}, std::tuple()));
    std::vector<std::string_view> out = {"before"};
    CHECK(!serializer.elements(bytes, out));
    CHECK(out.size() == 4);
    CHECK(out[0] == bytes_of<Serializer>("a"));
    CHECK(out[1] == bytes_of<Serializer>(1));
    std::map<std::string, std::vector<int>> map;
    CHECK(!serializer.decode(out[2], map));
    CHECK(map["b"] == std::vector{1, 2});
    CHECK(out[0].data() > bytes.data());
    CHECK(out[3].data() + out[3].size() <= bytes.data() + bytes.size());

    CHECK(!serializer.elements(bytes_of<Serializer>(std::tuple()), out));
    CHECK(out.empty());
    for (auto const& other : {bytes_of<Serializer>(1), bytes_of<Serializer>("a"),
                              bytes_of<Serializer>(std::map<std::string, int>{{"a", 1}}),
                              bytes_of<Serializer>(encoded{}), bytes + bytes,
                              bytes.substr(0, bytes.size() - 1), std::string()})
        CHECK(serializer.elements(other, out) == errc::malformed_payload);
}

TEST_CASE("elements are without the white space around them") {
    std::vector<std::string_view> out;
    CHECK(!json_serializer{}.elements(" [ 1 ,\n[ 2 ] , \"a\"\t] ", out));
    CHECK(out == std::vector<std::string_view>{"1", "[ 2 ]", "\"a\""});
    CHECK(json_serializer{}.elements("[1,]", out) == errc::malformed_payload);
    CHECK(json_serializer{}.elements("[1] 2", out) == errc::malformed_payload);
}

TEST_CASE_TEMPLATE("a type with a text form travels as that", Serializer, STRUCTURED_SERIALIZERS) {
    tagged const sent{{"a"}, tag{"b\"\n"}, {{"c"}, {""}}};
    auto const bytes = bytes_of<Serializer>(sent);
    tagged read;
    CHECK(!Serializer{}.decode(bytes, read));
    CHECK(read == sent);
    CHECK(bytes_of<Serializer>(sent.all) == bytes_of<Serializer>(std::tuple("<c>", "<>")));
    CHECK(malformed<Serializer, tag>(bytes_of<Serializer>("c")));
    CHECK(malformed<Serializer, tag>(bytes_of<Serializer>(1)));
}

#undef STRUCTURED_SERIALIZERS

} // namespace encoded_test
