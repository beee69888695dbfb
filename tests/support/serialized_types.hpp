// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/serializer.hpp>

#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/nlohmann.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
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
    hubbub::encoded arguments;
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

namespace support {

template <class Serializer, class T>
std::string encoded(Serializer const& serializer, T const& value) {
    std::string out;
    CHECK(serializer.encode(value, out) == std::error_code());
    return out;
}

template <class T>
std::string text_of(T const& value) {
    return encoded(hubbub::json_serializer{}, value);
}

/// Decodes into an object of its type's default.
template <class T, class Serializer = hubbub::json_serializer>
T decoded(std::string_view bytes, Serializer const& serializer = {}) {
    T value{};
    CHECK(serializer.decode(bytes, value) == std::error_code());
    return value;
}

template <class T, class Serializer = hubbub::json_serializer>
bool malformed(std::string_view bytes, Serializer const& serializer = {}) {
    T value{};
    return serializer.decode(bytes, value) == hubbub::errc::malformed_payload;
}

template <class Serializer, class T>
void check_round_trip(T const& value) {
    Serializer const serializer;
    CHECK(decoded<T>(encoded(serializer, value), serializer) == value);
}

inline chat::message a_message() {
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

} // namespace support
