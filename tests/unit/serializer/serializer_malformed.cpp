// SPDX-License-Identifier: MIT
#include <hubbub/serializer.hpp>

#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/msgpack.hpp>

#include "support/serialized_types.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace serializer_malformed_test {

// What of the bytes that others send decodes, and what is malformed; and what cannot be encoded.

using hubbub::errc;
using hubbub::json_serializer;
using hubbub::msgpack_serializer;
using support::a_message;
using support::check_round_trip;
using support::decoded;
using support::encoded;
using support::malformed;
using namespace std::string_literals;

#define STRUCTURED_SERIALIZERS json_serializer, msgpack_serializer

namespace {

std::string repeated(std::string_view part, std::size_t count) {
    std::string all;
    for (; count > 0; --count)
        all += part;
    return all;
}

} // namespace

TEST_CASE("a name that is unknown is ignored") {
    CHECK(decoded<chat::person>(R"({"name":"ada","email":{"a":[1]},"age":36})") ==
          chat::person{"ada", 36});
    CHECK(decoded<chat::nothing>(R"({"name":"ada"})") == chat::nothing{});
}

TEST_CASE("a member that is missing keeps its default, and an optional one is nullopt") {
    CHECK(decoded<chat::counted>("{}") == chat::counted{42, std::nullopt});
    CHECK(decoded<chat::counted>(R"({"maybe":null})") == chat::counted{42, std::nullopt});
    CHECK(decoded<chat::counted>(R"({"maybe":1,"kept":2})") == chat::counted{2, 1});
    CHECK(malformed<chat::counted>(R"({"kept":null})"));
}

TEST_CASE("of two members with one name the later counts") {
    CHECK(decoded<chat::counted>(R"({"kept":1,"kept":2})").kept == 2);
    CHECK(decoded<nlohmann::json>(R"({"a":[1],"a":{}})") ==
          nlohmann::json{{"a", nlohmann::json::object()}});
    // The earlier one may be of another type, and nothing of it is left.
    CHECK(decoded<chat::counted>(R"({"kept":"a","kept":[{}],"kept":2})").kept == 2);
    CHECK(malformed<chat::counted>(R"({"kept":2,"kept":"a"})"));
    CHECK(malformed<chat::counted>(R"({"kept":"a\x","kept":2})"));
    CHECK(decoded<chat::message>(R"({"from":{"name":"a","age":1},"from":{"age":2}})").from ==
          chat::person{"", 2});
    CHECK(decoded<chat::only<std::array<chat::person, 1>>>(
              R"({"member":[{"name":"a"}],"member":[{"age":2}]})")
              .member[0] == chat::person{"", 2});
    using numbers = std::map<std::string, int>;
    CHECK(decoded<numbers>(R"({"a":{"b":[1]},"b":1,"a":2})") == numbers{{"a", 2}, {"b", 1}});
    CHECK(malformed<numbers>(R"({"a":"x","b":1,"a":2,"b":"x"})"));
    CHECK(decoded<chat::counted>("\x82\xa4kept\xa1x\xa4kept\x02", msgpack_serializer{}).kept == 2);
}

TEST_CASE("what is of another type at each of many levels is read once for each, and no more") {
    // Each level might be made good by a later member of the same name.
    std::string text = "0";
    for (int level = 0; level < 60; ++level)
        text = (level % 2 ? R"({"leaf":"x","branches":)" : "[") + text + (level % 2 ? "}" : "]");
    CHECK(malformed<chat::tree>(text));
    text =
        "{\"branches\":1," + repeated("\"leaf\":\"x\",", 100'000) + "\"leaf\":1,\"branches\":[]}";
    CHECK(decoded<chat::tree>(text).leaf == 1);
}

TEST_CASE("numbers and text mean what they mean to other readers") {
    CHECK(decoded<int>("-0") == 0);
    CHECK(decoded<unsigned>("-0") == 0);
    CHECK(!std::signbit(decoded<double>("-0")));
    CHECK(std::signbit(decoded<double>("-0.0")));
    CHECK(decoded<double>("1e-400") == 0.0);
    CHECK(decoded<double>("18446744073709551616") == 18446744073709551616.0);
    CHECK(decoded<double>("0.1E+1") == 1.0);
    CHECK(decoded<float>("16777217.0") == 16777216.0f);
    CHECK(malformed<chat::nothing>(R"({"nobody":1e400})"));
    CHECK(decoded<std::string>(R"("\u0000\u007f\u00e9\u4e16\ud83d\ude00\/\b\f\n\r\t")") ==
          "\0\x7f\u00e9\u4e16\U0001f600/\b\f\n\r\t"s);
    for (auto text : {R"("\ud83d")", R"("\ude00")", R"("\ud83d\u0041")", R"("\u00g0")", R"("\u00)",
                      "\"\n\"", "\"\x7f\xc0\x80\"", "\"\xed\xa0\x80\""})
        CHECK_MESSAGE(malformed<std::string>(text), text);
    CHECK(decoded<int>("\xef\xbb\xbf 1") == 1);
    CHECK(malformed<int>("\xef\xbb 1"));
    CHECK(decoded<chat::counted>(R"({"ke\u0070t":5})").kept == 5);
}

TEST_CASE("a fraction is written with as few digits as give it again, and as a fraction") {
    std::vector<std::pair<double, std::string_view>> const numbers = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-2.5, "-2.5"},
        {100000.0, "100000.0"},
        {1e14, "100000000000000.0"},
        {1e15, "1e+15"},
        {1.5e300, "1.5e+300"},
        {0.1, "0.1"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {5e-324, "5e-324"},
        {1.0 / 3, "0.3333333333333333"}};
    for (auto const& [number, text] : numbers) {
        CHECK(support::text_of(number) == text);
        CHECK(nlohmann::json(number).dump() == text);
    }
    CHECK(support::text_of(0.1f) == "0.1");
    CHECK(decoded<float>("0.1") == 0.1f);
}

TEST_CASE("a value of another type is malformed") {
    for (auto text : {"null", "1", "true", "\"a\"", "[]", R"([["name","ada"]])"})
        CHECK_MESSAGE(malformed<chat::person>(text), text);

    CHECK(malformed<chat::person>(R"({"name":1})"));
    CHECK(malformed<chat::person>(R"({"name":"ada","age":"36"})"));
    CHECK(malformed<bool>("1"));
    CHECK(malformed<bool>("null"));
    CHECK(malformed<int>("true"));
    CHECK(malformed<int>("\"1\""));
    CHECK(malformed<double>("\"1\""));
    CHECK(malformed<double>("true"));
    CHECK(malformed<std::string>("1"));
    CHECK(malformed<std::string>("null"));
    CHECK(malformed<chat::mood>("\"glad\""));
    CHECK(malformed<std::optional<int>>("\"1\""));
    CHECK(malformed<std::vector<int>>("{}"));
    CHECK(malformed<std::vector<int>>("null"));
    CHECK(malformed<std::vector<int>>("[1,\"2\"]"));
    CHECK(malformed<std::map<std::string, int>>("[]"));
    CHECK(malformed<std::map<std::string, int>>(R"({"a":"b"})"));
    CHECK(malformed<std::map<int, int>>("[[1]]"));
}

TEST_CASE("a tuple, a pair and an array take just their number of values") {
    CHECK(decoded<std::tuple<int, std::string>>(R"([1,"a"])") == std::tuple(1, "a"));
    CHECK(malformed<std::tuple<int, std::string>>("[1]"));
    CHECK(malformed<std::tuple<int, std::string>>(R"([1,"a",null])"));
    CHECK(malformed<std::tuple<int>>("{}"));
    CHECK(malformed<std::tuple<int>>("1"));
    CHECK(malformed<std::tuple<>>("[1]"));
    CHECK(malformed<std::tuple<>>("{}"));
    CHECK(malformed<std::pair<int, int>>("[1]"));
    CHECK(malformed<std::array<int, 2>>("[1]"));
    CHECK(malformed<std::array<int, 2>>("[1,2,3]"));
}

TEST_CASE("a number that its type does not have is malformed") {
    CHECK(decoded<std::int8_t>("-128") == -128);
    CHECK(malformed<std::int8_t>("-129"));
    CHECK(malformed<std::int8_t>("128"));
    CHECK(decoded<std::uint8_t>("255") == 255);
    CHECK(malformed<std::uint8_t>("256"));
    CHECK(malformed<std::uint8_t>("-1"));
    CHECK(malformed<std::uint32_t>("-1"));
    CHECK(malformed<std::uint64_t>("-1"));
    CHECK(malformed<std::int64_t>("9223372036854775808"));
    CHECK(malformed<std::uint64_t>("18446744073709551616"));
    CHECK(malformed<std::int64_t>("-9223372036854775809"));
    CHECK(malformed<int>("1.5"));
    CHECK(malformed<int>("1.0"));
    CHECK(malformed<int>("1e3"));
    CHECK(malformed<chat::mood>("256"));
    CHECK(decoded<double>("7") == 7.0);
    CHECK(decoded<float>("-0.5") == -0.5f);
    CHECK(malformed<float>("1e39"));
    CHECK(malformed<double>("1e400"));
}

TEST_CASE_TEMPLATE("every beginning of an encoding is malformed", Serializer,
                   STRUCTURED_SERIALIZERS) {
    Serializer const serializer;
    auto const whole = encoded(serializer, a_message());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        // In a buffer of its own, so that a sanitizer sees a read beyond its end.
        std::vector<char> const begin(whole.begin(), whole.begin() + std::ptrdiff_t(size));
        CHECK(malformed<chat::message>({begin.data(), begin.size()}, serializer));
    }
}

TEST_CASE("anything after the value is malformed") {
    CHECK(decoded<int>(" 1\n") == 1);
    CHECK(malformed<int>("1 2"));
    CHECK(malformed<int>("1,"));
    CHECK(malformed<int>("1\0"s));
    CHECK(malformed<int>("1\0 2"s));
    CHECK(malformed<chat::nothing>("{}}"));
    CHECK(malformed<int>("\x01\x01", msgpack_serializer{}));
    CHECK(malformed<int>("\x01\0"s, msgpack_serializer{}));
}

TEST_CASE("text that is not JSON is malformed") {
    for (auto text : {"", " ", "nul", "{a:1}", "[1,]", "'a'", "NaN", "01", "// a\n1", "\"\xff\""})
        CHECK_MESSAGE(malformed<nlohmann::json>(text), text);
}

TEST_CASE("MessagePack that is none is malformed, whatever length it announces") {
    msgpack_serializer const serializer;
    for (auto bytes : {""s, "\xc1"s, "\xdd\xff\xff\xff\xff\x01"s, "\xdf\xff\xff\xff\xff"s,
                       "\xdb\xff\xff\xff\xff"
                       "abc"s,
                       "\xc6\xff\xff\xff\xff"
                       "abc"s,
                       "\xc9\xff\xff\xff\xff\x01"
                       "abc"s,
                       "\x81\x01\x02"s})
        CHECK(malformed<nlohmann::json>(bytes, serializer));
}

TEST_CASE("what nests deeper than 64 levels is malformed") {
    auto const nested = [](std::size_t levels) {
        return repeated("[", levels) + repeated("]", levels);
    };
    CHECK(decoded<nlohmann::json>(nested(64)).is_array());
    CHECK(malformed<nlohmann::json>(nested(65)));
    CHECK(malformed<nlohmann::json>(nested(1 << 20)));
    CHECK(malformed<nlohmann::json>(repeated(R"({"a":)", 1 << 20)));

    msgpack_serializer const serializer;
    CHECK(decoded<nlohmann::json>(repeated("\x91", 63) + "\x90", serializer).is_array());
    CHECK(malformed<nlohmann::json>(repeated("\x91", 64) + "\x90", serializer));
    CHECK(malformed<nlohmann::json>(repeated("\x91", 1 << 20), serializer));
    CHECK(malformed<nlohmann::json>(repeated("\x81\xa1"
                                             "a",
                                             1 << 20),
                                    serializer));
}

TEST_CASE_TEMPLATE("a depth that no reader takes is not encoded", Serializer,
                   STRUCTURED_SERIALIZERS) {
    nlohmann::json value;
    for (int level = 0; level < 64; ++level)
        value = nlohmann::json::array({value});
    check_round_trip<Serializer>(value);

    std::string out;
    CHECK(Serializer{}.encode(chat::only<nlohmann::json>{value}, out) == errc::cannot_encode);
}

TEST_CASE("text that is not UTF-8 cannot be JSON, and can be MessagePack") {
    std::string out;
    CHECK(json_serializer{}.encode("\xff"s, out) == errc::cannot_encode);
    CHECK(json_serializer{}.encode(chat::person{"\xc3", 1}, out) == errc::cannot_encode);
    CHECK(json_serializer{}.encode(std::map<std::string, int>{{"\xff", 1}}, out) ==
          errc::cannot_encode);
    check_round_trip<msgpack_serializer>("\xff"s);
}

TEST_CASE("a number that is not finite cannot be JSON, and can be MessagePack") {
    constexpr auto infinity = std::numeric_limits<double>::infinity();
    std::string out;
    CHECK(json_serializer{}.encode(infinity, out) == errc::cannot_encode);
    CHECK(json_serializer{}.encode(std::vector{1.0, -infinity}, out) == errc::cannot_encode);
    CHECK(json_serializer{}.encode(std::numeric_limits<float>::quiet_NaN(), out) ==
          errc::cannot_encode);
    check_round_trip<msgpack_serializer>(infinity);
    check_round_trip<msgpack_serializer>(-std::numeric_limits<float>::infinity());
}

TEST_CASE_TEMPLATE("any bytes decode or give an error code", Serializer, STRUCTURED_SERIALIZERS) {
    Serializer const serializer;
    auto const whole = encoded(serializer, a_message());
    std::mt19937 random(42);
    auto const below = [&random](std::size_t limit) { return random() % limit; };
    int accepted = 0;

    for (int run = 0; run < 20'000; ++run) {
        auto bytes = run % 2 ? whole : std::string(below(40), ' ');
        auto const changes = run % 2 ? 1 + below(3) : bytes.size();
        for (std::size_t i = 0; i < changes; ++i)
            bytes[run % 2 ? below(bytes.size()) : i] = static_cast<char>(below(256));

        chat::message message;
        nlohmann::json value;
        auto const error = serializer.decode(bytes, message);
        accepted += !error;
        CHECK((!error || error == errc::malformed_payload));
        auto const any_error = serializer.decode(bytes, value);
        CHECK((!any_error || any_error == errc::malformed_payload));
        if (!error)
            check_round_trip<Serializer>(message);
    }
    CHECK(accepted > 0);
}

#undef STRUCTURED_SERIALIZERS

} // namespace serializer_malformed_test
