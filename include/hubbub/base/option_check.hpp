// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// Refuses options that cannot work: throws std::invalid_argument, which says whose they are, names
/// the option, and says what to mend.
class option_check {
public:
    /// owner: what the message begins with.
    explicit option_check(std::string_view owner) : owner_(owner) {}

    void require(bool holds, std::string_view name, std::string_view what) const {
        if (!holds)
            throw std::invalid_argument(owner_ + ": " +
                                        std::string(name).append(1, ' ').append(what));
    }

    void positive(std::chrono::milliseconds time, std::string_view name) const {
        require(time > std::chrono::milliseconds::zero(), name,
                "is " + std::to_string(time.count()) + " ms; it must be positive");
    }

private:
    std::string const owner_;
};

} // namespace hubbub::detail
