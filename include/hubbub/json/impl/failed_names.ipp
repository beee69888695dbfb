// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/failed_names.hpp>

#include <set>

namespace hubbub::detail {

struct failed_names::set : std::set<std::string> {};

HUBBUB_DECL failed_names::~failed_names() {
    delete names_;
}

HUBBUB_DECL void failed_names::add(std::string const& name) {
    if (names_ == nullptr)
        names_ = new set;
    names_->insert(name);
}

HUBBUB_DECL void failed_names::remove(std::string const& name) {
    if (names_ != nullptr)
        names_->erase(name);
}

HUBBUB_DECL bool failed_names::empty() const noexcept {
    return names_ == nullptr || names_->empty();
}

} // namespace hubbub::detail
