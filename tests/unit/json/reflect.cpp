// SPDX-License-Identifier: MIT
#include <hubbub/json/reflect.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace reflect_test {

namespace {

using hubbub::detail::field_count;
using hubbub::detail::field_names;
using hubbub::detail::for_each_field;
using hubbub::detail::reflectable;

struct empty {};

struct point {
    int x;
    int y;
};

struct line {
    point from;
    point to;
    empty nothing;
    std::array<int, 3> colour;
};

struct with_library_types {
    std::string text = "text";
    std::optional<int> maybe;
    std::optional<std::string> maybe_text;
    std::optional<point> maybe_point;
    std::vector<point> points{};
    std::vector<std::optional<std::string>> texts;
    std::map<std::string, point> named;
    std::tuple<int, std::string> pair;
    std::variant<int, std::string> either;
    std::string_view view;
    bool flag = true;
};

struct move_only {
    std::unique_ptr<int> pointer;
    std::atomic<int> number;
};

struct tree {
    int leaf;
    std::vector<tree> branches;
};

template <class T>
struct envelope {
    T content_;
    int müde_2;
};

enum class colour { red };

struct twenty_four {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x;
};

struct twenty_five {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y;
};

struct derived : point {
    int z;
};

struct of_empty : empty {
    int z;
};

struct with_array {
    int before;
    int numbers[3];
    int after;
};

struct with_reference {
    int& number;
};

struct with_constructor {
    with_constructor() {}
    int number = 0;
};

class with_private_data {
    [[maybe_unused]] int number_ = 0;
};

union one_of {
    int number;
    float other;
};

template <class T>
std::string joined_names() {
    std::string names;
    for (auto name : field_names<T>())
        names += std::string(name) + ' ';
    return names;
}

TEST_CASE("a member has the name it was declared with") {
    CHECK(joined_names<point>() == "x y ");
    CHECK(joined_names<line>() == "from to nothing colour ");
    CHECK(joined_names<with_library_types>() ==
          "text maybe maybe_text maybe_point points texts named pair either view flag ");
    CHECK(joined_names<move_only>() == "pointer number ");
    CHECK(joined_names<tree>() == "leaf branches ");
    CHECK(joined_names<envelope<std::vector<line>>>() == "content_ müde_2 ");
    CHECK(joined_names<twenty_four>() == "a b c d e f g h i j k l m n o p q r s t u v w x ");
    CHECK(joined_names<empty>().empty());
}

TEST_CASE("the names of a type that is local to a function are known") {
    struct local {
        std::string inside;
        std::vector<point> function;
    };
    CHECK(joined_names<local>() == "inside function ");
    CHECK(joined_names<envelope<local>>() == "content_ müde_2 ");
}

TEST_CASE("names are known while compiling") {
    static_assert(field_names<point>()[0] == "x");
    static_assert(field_names<point const>()[1] == "y");
    static_assert(field_count<with_library_types>() == 11);
    static_assert(field_count<twenty_four>() == 24);
    static_assert(field_count<empty>() == 0);
}

TEST_CASE("members are visited in the order of their declaration, by reference") {
    twenty_four object{};
    int next = 1;
    for_each_field(object, [&](std::string_view, int& member) { member = next++; });
    CHECK(object.a == 1);
    CHECK(object.m == 13);
    CHECK(object.x == 24);

    std::string seen;
    point const fixed{3, 4};
    for_each_field(fixed, [&](std::string_view name, int const& member) {
        seen += std::string(name) + '=' + std::to_string(member) + ' ';
    });
    CHECK(seen == "x=3 y=4 ");
}

TEST_CASE("members that cannot be copied are visited in place") {
    move_only object{std::make_unique<int>(1), 2};
    int visited = 0;
    for_each_field(object, [&](std::string_view, auto&) { ++visited; });
    CHECK(visited == 2);
    CHECK(*object.pointer == 1);
}

TEST_CASE("only aggregates that can be named in full are reflectable") {
    static_assert(reflectable<empty>);
    static_assert(reflectable<line>);
    static_assert(reflectable<with_library_types>);
    static_assert(reflectable<move_only>);
    static_assert(reflectable<tree>);
    static_assert(reflectable<envelope<std::optional<tree>>>);
    static_assert(reflectable<twenty_four>);

    static_assert(!reflectable<twenty_five>);
    static_assert(!reflectable<derived>);
    static_assert(!reflectable<of_empty>);
    static_assert(!reflectable<with_array>);
    static_assert(!reflectable<with_reference>);
    static_assert(!reflectable<with_constructor>);
    static_assert(!reflectable<with_private_data>);
    static_assert(!reflectable<one_of>);
    static_assert(!reflectable<colour>);
    static_assert(!reflectable<int>);
    static_assert(!reflectable<int[2]>);
    static_assert(!reflectable<std::array<int, 2>>);
    static_assert(!reflectable<std::vector<int>>);
    static_assert(!reflectable<std::string>);
    static_assert(!reflectable<std::tuple<int>>);
}

} // namespace

} // namespace reflect_test
