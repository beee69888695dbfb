// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/option_check.hpp>

#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace hubbub::detail {

/// That a transport has a hub of this name, and no other while this lives: the backplane counts
/// transports, and so two hubs of one name would be one server to those who wait for all.
///
/// Thread safety: distinct objects safe.
class name_claim {
public:
    /// Errors: throws std::invalid_argument if there is one.
    name_claim(void const* transport, std::string const& name) : held_(transport, name) {
        std::lock_guard const lock(all().mutex);
        option_check("hub_options")
            .require(all().held.insert(held_).second, "name",
                     "is '" + name +
                         "', as that of another hub on this transport, and servers of one hub have "
                         "a transport each: use another name or transport");
    }
    name_claim(name_claim const&) = delete;
    name_claim& operator=(name_claim const&) = delete;
    ~name_claim() {
        std::lock_guard const lock(all().mutex);
        all().held.erase(held_);
    }

private:
    using claim = std::pair<void const*, std::string>;

    struct claims {
        std::mutex mutex; // guards held
        std::set<claim> held;
    };

    static claims& all() {
        static auto& of_this_process = *new claims; // hubs of static storage may end last
        return of_this_process;
    }

    claim const held_;
};

} // namespace hubbub::detail
