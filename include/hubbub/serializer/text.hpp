// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/serializer.hpp>

#include <concepts>
#include <cstddef>
#include <vector>

namespace hubbub {

/// Strings and bytes as they are: the payload is the value.
///
/// Encodes whatever converts to std::string_view, and std::vector<std::byte>. Decodes
/// std::string, std::vector<std::byte>, and std::string_view, which copies nothing and is valid
/// while the sink runs.
struct text_serializer {
    static std::string_view view(std::string_view value) noexcept { return value; }

    static std::string_view view(std::vector<std::byte> const& value) noexcept {
        return {reinterpret_cast<char const*>(value.data()), value.size()};
    }

    template <class T>
        requires requires(T const& value) { text_serializer::view(value); }
    std::error_code encode(T const& value, std::string& out) const {
        out += view(value);
        return {};
    }

    template <class T>
        requires std::same_as<T, std::string> || std::same_as<T, std::string_view>
    std::error_code decode(std::string_view bytes, T& value) const {
        value = bytes;
        return {};
    }

    std::error_code decode(std::string_view bytes, std::vector<std::byte>& value) const;
};

static_assert(serializer_for<text_serializer, std::string>);

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/serializer/impl/text.ipp>
#endif
