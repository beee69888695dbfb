// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace hubbub::detail {

/// The names of the members of an aggregate, as a reader looks them up.
struct name_table {
    std::string_view const* names;
    std::size_t size;

    /// size if there is none; `expected` is looked at first.
    std::size_t find(std::string_view name, std::size_t expected) const noexcept {
        if (expected < size && names[expected] == name)
            return expected;
        for (std::size_t i = 0; i < size; ++i)
            if (names[i] == name)
                return i;
        return size;
    }
};

/// Returned in place of a member: the object is at its end, or what comes is none.
inline constexpr auto no_member = static_cast<std::size_t>(-1);

} // namespace hubbub::detail
