// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/method_table.hpp>

#include <hubbub/error.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL void method_table::on(std::string_view name, std::shared_ptr<method> m) {
    std::lock_guard const lock(mutex_);
    methods_[key(name)].swap(m); // the one before is a user's: destroyed after the lock
}

HUBBUB_DECL void method_table::call(method_call call) const {
    std::shared_ptr<method> found;
    {
        std::lock_guard const lock(mutex_);
        if (auto const at = methods_.find(key(call.what.method())); at != methods_.end())
            found = at->second;
    }
    if (found)
        return found->call(std::move(call));
    call.done->take({.error = hub_errc::unknown_method,
                     .text = "there is no method '" + std::string(call.what.method()) + "'"});
}

HUBBUB_DECL std::string method_table::key(std::string_view name) const {
    std::string folded(name);
    if (ignores_case_)
        for (auto& c : folded)
            if (c >= 'A' && c <= 'Z')
                c = static_cast<char>(c - 'A' + 'a');
    return folded;
}

} // namespace hubbub::detail
