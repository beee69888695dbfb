// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace hubbub::testing {

/// A promise that was not kept, and the line of the suite that found out.
class failure : public std::runtime_error {
public:
    explicit failure(std::string const& what,
                     std::source_location where = std::source_location::current())
        : std::runtime_error(std::string(where.file_name()) + ":" + std::to_string(where.line()) +
                             ": " + what) {}
};

namespace detail {

inline std::string shown(std::string_view text) {
    constexpr std::size_t enough = 200;
    auto const rest = text.size() > enough ? "... (" + std::to_string(text.size()) + " bytes)" : "";
    return '"' + std::string(text.substr(0, enough)) + '"' + rest;
}

inline std::string shown(bool value) {
    return value ? "true" : "false";
}
inline std::string shown(char const* text) {
    return shown(std::string_view(text));
}
inline std::string shown(std::error_code error) {
    return shown(error.message());
}

template <class Number>
    requires std::is_arithmetic_v<Number>
std::string shown(Number value) {
    return std::to_string(value);
}

template <class Enumeration>
    requires std::is_enum_v<Enumeration>
std::string shown(Enumeration value) {
    if constexpr (std::is_error_code_enum_v<Enumeration>)
        return shown(make_error_code(value));
    else
        return std::to_string(static_cast<std::underlying_type_t<Enumeration>>(value));
}

template <class T>
std::string shown(std::optional<T> const& value) {
    return value ? shown(*value) : "none";
}

template <class Item>
std::string shown(std::vector<Item> const& items) {
    constexpr std::size_t enough = 20;
    std::string text = "[";
    for (std::size_t i = 0; i < items.size() && i < enough; ++i)
        text += (i == 0 ? "" : ", ") + shown(items[i]);
    return text +
           (items.size() > enough ? ", ... " + std::to_string(items.size()) + " in all]" : "]");
}

} // namespace detail

/// Throws failure unless condition holds. Not for use in a sink: the bus would catch it.
inline void require(bool condition, std::string_view promise,
                    std::source_location where = std::source_location::current()) {
    if (!condition)
        throw failure(std::string(promise), where);
}

/// Throws failure unless both are equal, and shows them.
template <class Actual, class Expected>
void require_equal(Actual const& actual, Expected const& expected, std::string_view what,
                   std::source_location where = std::source_location::current()) {
    if (!(actual == expected))
        throw failure(std::string(what) + ": " + detail::shown(actual) + ", expected " +
                          detail::shown(expected),
                      where);
}

} // namespace hubbub::testing
