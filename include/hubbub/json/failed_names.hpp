// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <string>

namespace hubbub::detail {

/// The members of an object whose values were not of the type asked for. A later one of the same
/// name may make that good: of several the last counts.
class failed_names {
public:
    failed_names() noexcept = default;
    failed_names(failed_names const&) = delete;
    failed_names& operator=(failed_names const&) = delete;
    ~failed_names();

    void add(std::string const& name);
    void remove(std::string const& name);
    bool empty() const noexcept;

private:
    struct set;
    set* names_ = nullptr; // made for the first
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/json/impl/failed_names.ipp>
#endif
