// Is what the JSON and MessagePack serializers accept, refuse, read and write what nlohmann does?
// SPDX-License-Identifier: MIT
//
// Where they differ on purpose: a text has no zero byte, and nests 64 levels deep at most; of the
// types beside, a number is strict. So the oracle is a tree that nlohmann has parsed within these
// limits, and a small reader of that tree by the rules of json_serializer's comment.
#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/msgpack.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using json = nlohmann::json;

void require(bool holds, char const* what) {
    if (holds)
        return;
    std::fprintf(stderr, "not so: %s\n", what);
    std::abort();
}

// The oracle --------------------------------------------------------------------------------------

/// Stops nlohmann's parsers where the serializers stop, which call themselves for each level.
class limited {
public:
    bool null() { return true; }
    bool boolean(bool) { return true; }
    bool number_integer(json::number_integer_t) { return true; }
    bool number_unsigned(json::number_unsigned_t) { return true; }
    bool number_float(json::number_float_t, std::string const&) { return true; }
    bool string(std::string&) { return true; }
    bool binary(json::binary_t&) { return true; }
    bool key(std::string&) { return true; }
    bool start_object(std::size_t) { return ++depth_ <= 64; }
    bool start_array(std::size_t) { return ++depth_ <= 64; }
    bool end_object() { return --depth_, true; }
    bool end_array() { return --depth_, true; }
    bool parse_error(std::size_t, std::string const&, json::exception const&) { return false; }

private:
    int depth_ = 0;
};

std::optional<json> parsed(std::string_view bytes, json::input_format_t format) {
    bool const is_text = format == json::input_format_t::json;
    limited limits;
    if ((is_text && bytes.find('\0') != bytes.npos) || !json::sax_parse(bytes, &limits, format))
        return std::nullopt;
    return is_text ? json::parse(bytes) : json::from_msgpack(bytes);
}

template <class T>
bool number(json const& in, T& value) {
    auto const fits = [&](auto n) {
        value = static_cast<T>(n);
        return std::in_range<T>(n);
    };
    if (in.is_number_unsigned())
        return fits(in.get<json::number_unsigned_t>());
    return in.is_number_integer() && fits(in.get<json::number_integer_t>());
}

bool expect(json const& in, bool& value) {
    return in.is_boolean() && (value = in.get<bool>(), true);
}
bool expect(json const& in, std::int8_t& value) {
    return number(in, value);
}
bool expect(json const& in, std::uint16_t& value) {
    return number(in, value);
}
bool expect(json const& in, int& value) {
    return number(in, value);
}
bool expect(json const& in, std::int64_t& value) {
    return number(in, value);
}
bool expect(json const& in, std::uint64_t& value) {
    return number(in, value);
}
bool expect(json const& in, double& value) {
    return in.is_number() && (value = in.get<double>(), true);
}
bool expect(json const& in, std::string& value) {
    return in.is_string() && (value = in.get<std::string>(), true);
}
bool expect(json const& in, std::vector<std::byte>& value) {
    value.clear();
    if (in.is_binary()) {
        for (auto const byte : in.get_binary())
            value.push_back(static_cast<std::byte>(byte));
        return true;
    }
    return in.is_array() && std::all_of(in.begin(), in.end(), [&](json const& part) {
               unsigned char byte{};
               bool const good = number(part, byte);
               value.push_back(static_cast<std::byte>(byte));
               return good;
           });
}

template <class T>
bool expect(json const& in, std::optional<T>& value) {
    value.reset();
    return in.is_null() || expect(in, value.emplace());
}
template <class T>
bool expect(json const& in, std::vector<T>& value) {
    value.clear();
    return in.is_array() && std::all_of(in.begin(), in.end(), [&](json const& part) {
               return expect(part, value.emplace_back());
           });
}
template <class T>
bool expect(json const& in, std::map<std::string, T>& value) {
    value.clear();
    if (!in.is_object())
        return false;
    for (auto const& [name, part] : in.items())
        if (!expect(part, value[name]))
            return false;
    return true;
}
template <class T, std::size_t N>
bool expect(json const& in, std::array<T, N>& value) {
    return in.is_array() && in.size() == N &&
           std::equal(in.begin(), in.end(), value.begin(),
                      [](json const& part, T& element) { return expect(part, element); });
}
template <class... T>
bool expect(json const& in, std::tuple<T...>& value) {
    return std::apply(
        [&](auto&... parts) {
            std::size_t i = 0;
            return in.is_array() && in.size() == sizeof...(T) && (expect(in[i++], parts) && ...);
        },
        value);
}

template <class T>
bool member(json const& in, char const* name, T& value) {
    auto const found = in.find(name);
    return found == in.end() || expect(*found, value);
}
template <class T>
bool member(json const& in, char const* name, std::optional<T>& value) {
    auto const found = in.find(name);
    value.reset();
    return found == in.end() || expect(*found, value);
}

// What is read ------------------------------------------------------------------------------------

struct inner {
    std::string name = "none";
    std::optional<std::int8_t> n = 3;
    bool operator==(inner const&) const = default;
};

bool expect(json const& in, inner& value) {
    return in.is_object() && member(in, "name", value.name) && member(in, "n", value.n);
}

struct outer {
    bool b = false;
    std::int8_t i = 1;
    std::uint16_t u = 2;
    std::int64_t l = 3;
    std::uint64_t m = 4;
    double d = 5;
    std::string s;
    inner in;
    std::vector<inner> v;
    std::map<std::string, inner> o;
    std::map<std::string, int> k;
    std::tuple<bool, inner> t;
    std::array<int, 2> a{};
    std::vector<std::byte> y;
    std::optional<std::optional<int>> p;
    bool operator==(outer const&) const = default;
};

bool expect(json const& in, outer& value) {
    return in.is_object() && member(in, "b", value.b) && member(in, "i", value.i) &&
           member(in, "u", value.u) && member(in, "l", value.l) && member(in, "m", value.m) &&
           member(in, "d", value.d) && member(in, "s", value.s) && member(in, "in", value.in) &&
           member(in, "v", value.v) && member(in, "o", value.o) && member(in, "k", value.k) &&
           member(in, "t", value.t) && member(in, "a", value.a) && member(in, "y", value.y) &&
           member(in, "p", value.p);
}

struct tree {
    int leaf = 0;
    std::vector<tree> more;
    bool operator==(tree const&) const = default;
};

bool expect(json const& in, tree& value) {
    return in.is_object() && member(in, "leaf", value.leaf) && member(in, "more", value.more);
}

/// The same but for a number that is none, which is like itself here.
bool same(auto const& a, auto const& b) {
    return a == b;
}
bool same(double a, double b) {
    return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}
bool same(outer a, outer b) {
    bool const numbers = same(a.d, b.d);
    a.d = b.d = 0;
    return numbers && a == b;
}
bool same(std::vector<double> const& a, std::vector<double> const& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](double x, double y) { return same(x, y); });
}

/// By what they are written as: `==` says of a tree with a number that is none that it is another.
bool same_trees(std::optional<json> const& a, std::optional<json> const& b) {
    return a.has_value() == b.has_value() && (!a || json::to_msgpack(*a) == json::to_msgpack(*b));
}

// The comparison ----------------------------------------------------------------------------------

template <class Serializer>
constexpr auto format_of = json::input_format_t::json;
template <>
constexpr auto format_of<hubbub::msgpack_serializer> = json::input_format_t::msgpack;

template <class Serializer, class T>
void compare(std::string_view bytes, std::optional<json> const& tree) {
    Serializer const serializer;
    T read{};
    T expected{};
    bool const accepted = !serializer.decode(bytes, read);
    bool const right = tree && expect(*tree, expected);
    require(accepted == right, right ? "it is accepted" : "it is refused");
    if (!accepted)
        return;
    require(same(read, expected), "it is read as nlohmann reads it");

    std::string written;
    if (serializer.encode(read, written)) {
        // Its list, which a node on the last level need not have been sent with, is one level more.
        require(std::is_same_v<T, ::tree>, "what was read can be written");
        return;
    }
    auto const again = parsed(written, format_of<Serializer>);
    T back{};
    require(again && expect(*again, back) && same(back, read),
            "nlohmann reads what was written, to the same");
}

/// Whatever stands there: as one value, as a part of another, and as an array's elements.
template <class Serializer>
void compare_encoded(std::string_view bytes, std::optional<json> const& tree) {
    Serializer const serializer;
    hubbub::encoded all;
    require(!serializer.decode(bytes, all) == tree.has_value(), "any value is taken, and no other");
    if (tree)
        require(same_trees(parsed(all.bytes, format_of<Serializer>), tree),
                "its bytes are its encoding");

    std::vector<hubbub::encoded> parts;
    std::vector<std::string_view> views;
    bool const is_array = tree && tree->is_array();
    require(!serializer.decode(bytes, parts) == is_array, "an array is one of encoded values");
    require(!serializer.elements(bytes, views) == is_array, "an array has elements");
    if (!is_array)
        return;
    require(parts.size() == tree->size() && views.size() == tree->size(), "each element is there");
    for (std::size_t i = 0; i < parts.size(); ++i) {
        require(parts[i].bytes == views[i], "both are the same bytes");
        require(same_trees(parsed(views[i], format_of<Serializer>), (*tree)[i]),
                "they are that element");
    }
    std::string written;
    require(!serializer.encode(parts, written) &&
                same_trees(parsed(written, format_of<Serializer>), tree),
            "they can be put together again");
}

template <class Serializer>
void check(std::string_view bytes) {
    auto const tree = parsed(bytes, format_of<Serializer>);
    compare<Serializer, outer>(bytes, tree);
    compare<Serializer, ::tree>(bytes, tree);
    compare<Serializer, std::string>(bytes, tree);
    compare<Serializer, double>(bytes, tree);
    compare<Serializer, std::int64_t>(bytes, tree);
    compare<Serializer, std::uint64_t>(bytes, tree);
    compare<Serializer, std::vector<double>>(bytes, tree);
    compare<Serializer, std::map<std::string, int>>(bytes, tree);
    compare_encoded<Serializer>(bytes, tree);
}

/// Text and numbers of any kind look alike to both, written by us.
void check_written(std::string_view bytes) {
    double d = 0;
    std::memcpy(&d, bytes.data(), std::min(bytes.size(), sizeof d));
    float const f = static_cast<float>(d);
    std::string out;
    bool const finite = !hubbub::json_serializer{}.encode(d, out);
    require(finite == std::isfinite(d), "what is finite is JSON");
    if (finite) {
        auto const tree = json::parse(out);
        require(tree.is_number_float() && same(tree.get<double>(), d), "the same double");
    }
    out.clear();
    float back = 0;
    if (!hubbub::json_serializer{}.encode(f, out))
        require(!hubbub::json_serializer{}.decode(out, back) &&
                    std::memcmp(&back, &f, sizeof f) == 0,
                "the same float");

    out.clear();
    bool const utf8 = !hubbub::json_serializer{}.encode(bytes, out);
    std::string expected;
    try {
        expected = json(std::string(bytes)).dump();
    } catch (json::exception const&) {
        require(!utf8, "what is no UTF-8 is no JSON");
        return;
    }
    require(utf8 && out == expected, "text is written as nlohmann writes it");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes{reinterpret_cast<char const*>(data), size};
    check<hubbub::json_serializer>(bytes);
    check<hubbub::msgpack_serializer>(bytes);
    check_written(bytes);
    return 0;
}
