// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <hubbub/base/config.hpp>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// Refuses options that cannot work: throws std::invalid_argument, which says whose they are, names
/// the option, and says what to mend.
class option_check {
public:
    /// owner: what the message begins with.
    explicit option_check(std::string_view owner) : owner_(owner) {}

    void require(bool holds, std::string_view name, std::string_view what) const;

    void positive(std::chrono::milliseconds time, std::string_view name) const;

private:
    std::string const owner_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/base/impl/option_check.ipp>
#endif
