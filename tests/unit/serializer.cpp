// SPDX-License-Identifier: MIT
#include <hubbub/serializer.hpp>

#include <hubbub/serializer/in_place.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/msgpack.hpp>
#include <hubbub/serializer/text.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace chat {

enum class mood : std::uint8_t { calm, glad = 7 };

struct person {
    std::string name;
    std::optional<int> age;
    bool operator==(person const&) const = default;
};

struct message {
    std::int64_t at = 0;
    person from;
    std::string text;
    std::vector<std::string> tags;
    std::map<std::string, double> scores;
    std::tuple<int, std::string, bool> parts{};
    std::array<short, 2> size{};
    std::optional<person> to;
    mood felt = mood::calm;
    std::vector<std::optional<int>> votes;
    bool operator==(message const&) const = default;
};

struct tree {
    int leaf = 0;
    std::vector<tree> branches;
    bool operator==(tree const&) const = default;
};

struct counted {
    int kept = 42;
    std::optional<int> maybe = 43;
    bool operator==(counted const&) const = default;
};

struct nothing {
    bool operator==(nothing const&) const = default;
};

template <class T>
struct only {
    T member{};
    bool operator==(only const&) const = default;
};

struct call {
    std::string method;
    hubbub::json_serializer::packed arguments;
};

} // namespace chat

// Types with conversions of their own: each would look otherwise by reflection.
namespace own {

struct written {
    int x = 0;
    int y = 0;
    bool operator==(written const&) const = default;
};

inline void to_json(nlohmann::json& out, written const& value) {
    out = {value.x, value.y};
}

inline void from_json(nlohmann::json const& in, written& value) {
    in.at(0).get_to(value.x);
    in.at(1).get_to(value.y);
}

struct declared {
    int x = 0;
    int y = 0;
    bool operator==(declared const&) const = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(declared, x)

class guarded {
public:
    guarded() = default;
    explicit guarded(int secret) : secret_(secret) {}
    bool operator==(guarded const&) const = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(guarded, secret_)

private:
    int secret_ = 0;
};

enum class colour { red, green };
NLOHMANN_JSON_SERIALIZE_ENUM(colour, {{colour::red, "red"}, {colour::green, "green"}})

struct list : std::vector<int> {};
inline void to_json(nlohmann::json& out, list const& value) {
    out = value.size();
}
inline void from_json(nlohmann::json const& in, list& value) {
    value.resize(in.get<unsigned>());
}

struct foreign {
    int x = 0;
    bool operator==(foreign const&) const = default;
};

enum class foreign_kind { a, b };

struct refusing {
    int x = 0;
};
inline void to_json(nlohmann::json&, refusing const&) {
    nlohmann::json().at("no such member");
}

} // namespace own

template <>
struct nlohmann::adl_serializer<own::foreign> {
    static void to_json(json& out, own::foreign const& value) { out = std::to_string(value.x); }
    static void from_json(json const& in, own::foreign& value) {
        value.x = static_cast<int>(in.get_ref<std::string const&>().size());
    }
};

template <>
struct nlohmann::adl_serializer<own::foreign_kind> {
    static void to_json(json& out, own::foreign_kind value) {
        out = value == own::foreign_kind::a ? "a" : "b";
    }
    static void from_json(json const& in, own::foreign_kind& value) {
        value =
            in.get_ref<std::string const&>() == "a" ? own::foreign_kind::a : own::foreign_kind::b;
    }
};

namespace {

using hubbub::errc;
using hubbub::json_serializer;
using hubbub::msgpack_serializer;
using hubbub::text_serializer;
using namespace std::string_literals;

template <class Serializer, class T>
std::string encoded(Serializer const& serializer, T const& value) {
    std::string out;
    CHECK(serializer.encode(value, out) == std::error_code());
    return out;
}

template <class T>
std::string text_of(T const& value) {
    return encoded(json_serializer{}, value);
}

/// Decodes into an object of its type's default.
template <class T, class Serializer = json_serializer>
T decoded(std::string_view bytes, Serializer const& serializer = {}) {
    T value{};
    CHECK(serializer.decode(bytes, value) == std::error_code());
    return value;
}

template <class T, class Serializer = json_serializer>
bool malformed(std::string_view bytes, Serializer const& serializer = {}) {
    T value{};
    return serializer.decode(bytes, value) == errc::malformed_payload;
}

template <class Serializer, class T>
void check_round_trip(T const& value) {
    Serializer const serializer;
    CHECK(decoded<T>(encoded(serializer, value), serializer) == value);
}

chat::message a_message() {
    return {1'700'000'000'000,
            {"ada", 36},
            "hi \"there\"\n\u00e9\u4e16",
            {"a", ""},
            {{"x", 0.1}, {"y", -2}},
            {-1, "two", true},
            {640, -480},
            chat::person{"bob", std::nullopt},
            chat::mood::glad,
            {1, std::nullopt, 3}};
}

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
    CHECK(text_of(local{1, {"a"}}) == R"({"names":["a"],"x":1})");
    CHECK(decoded<local>(R"({"x":2})").x == 2);
}

TEST_CASE("JSON text is plain and readable, with the members' names in order") {
    CHECK(text_of(chat::person{"ada", 36}) == R"({"age":36,"name":"ada"})");
    CHECK(text_of(chat::person{"ada", {}}) == R"({"name":"ada"})");
    CHECK(text_of(chat::nothing{}) == "{}");
    CHECK(text_of(std::tuple("a", 1, true, std::optional<int>())) == R"(["a",1,true,null])");
    CHECK(text_of(std::tuple()) == "[]");
    CHECK(text_of(std::map<std::string, int>{{"b", 1}, {"a", 2}}) == R"({"a":2,"b":1})");
    CHECK(text_of(std::map<int, int>{{1, 2}}) == "[[1,2]]");
    CHECK(text_of(chat::mood::glad) == "7");
    CHECK(text_of("h\u00e9") == "\"h\u00e9\"");
    CHECK(text_of(std::string_view("a\nb")) == R"("a\nb")");
    CHECK(text_of(a_message()) ==
          R"({"at":1700000000000,"felt":7,"from":{"age":36,"name":"ada"},"parts":[-1,"two",true],)"
          R"("scores":{"x":0.1,"y":-2.0},"size":[640,-480],"tags":["a",""],)"
          "\"text\":\"hi \\\"there\\\"\\n\u00e9\u4e16\",\"to\":{\"name\":\"bob\"},"
          R"("votes":[1,null,3]})");
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
    CHECK(encoded(serializer, chat::person{"ada", 36}) == "\x82\xa3"s + "age\x24\xa4name\xa3"
                                                                        "ada");
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

std::string repeated(std::string_view part, std::size_t count) {
    std::string all;
    for (; count > 0; --count)
        all += part;
    return all;
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

TEST_CASE_TEMPLATE("a packed value is a part of the message around it", Serializer,
                   STRUCTURED_SERIALIZERS) {
    Serializer const serializer;
    chat::call sent{"send", {}};
    CHECK(Serializer::pack(std::tuple("a", 1), sent.arguments) == std::error_code());

    auto const received = decoded<chat::call>(encoded(serializer, sent), serializer);
    CHECK(received.method == "send");
    std::tuple<std::string, int> arguments;
    CHECK(Serializer::unpack(received.arguments, arguments) == std::error_code());
    CHECK(arguments == std::tuple("a", 1));

    std::tuple<std::string> fewer;
    CHECK(Serializer::unpack(received.arguments, fewer) == errc::malformed_payload);
}

TEST_CASE("a packed value is a sub-document in the text") {
    chat::call call{"send", {}};
    CHECK(json_serializer::pack(std::tuple("a", 1), call.arguments) == std::error_code());
    CHECK(text_of(call) == R"({"arguments":["a",1],"method":"send"})");
    CHECK(text_of(chat::call{"send", {}}) == R"({"arguments":null,"method":"send"})");

    CHECK(json_serializer::pack(own::refusing{}, call.arguments) == errc::cannot_encode);
    CHECK(json_serializer::pack(call.arguments, call.arguments) == std::error_code());
    CHECK(call.arguments == nlohmann::json{"a", 1});
}

TEST_CASE("the size of a packed value is about that of its JSON, and there is one for each value") {
    hubbub::json_serializer const s;
    std::map<std::string, std::vector<std::string>> const texts = {{"none", {}},
                                                                   {"two", {"a", "some text"}}};
    hubbub::json_serializer::packed packed;
    std::string bytes;
    CHECK(!s.pack(texts, packed));
    CHECK(!s.encode(texts, bytes));
    CHECK(s.size_of(packed) == bytes.size());

    auto const numbers = std::tuple(1, -1234567890, 0.5, true, std::optional<int>());
    CHECK(!s.pack(numbers, packed));
    CHECK(s.size_of(packed) == 26);
    CHECK(s.size_of(hubbub::json_serializer::packed::binary({1, 2, 3})) == 3);
    for (int level = 0; level < 1000; ++level)
        packed = hubbub::json_serializer::packed::array({std::move(packed)});
    CHECK(s.size_of(packed) < 1000);
}

TEST_CASE("references are packed without a copy of what they refer to") {
    std::string const text = "a";
    int const number = 1;
    hubbub::json_serializer::packed packed;
    CHECK(json_serializer::pack(std::tie(text, number), packed) == std::error_code());
    CHECK(packed == nlohmann::json{"a", 1});
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

} // namespace
