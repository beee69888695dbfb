// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace hubbub::detail {

/// Where the message of each key is in a queue that keeps one of each. Costs nothing where it is
/// empty.
class key_places {
public:
    key_places();
    key_places(key_places const&) = delete;
    key_places& operator=(key_places const&) = delete;
    ~key_places();

    std::optional<std::uint64_t> find(std::string const& key) const;
    void put(std::string const& key, std::uint64_t place);
    /// Forgets the key, if it is in that place.
    void erase(std::string const& key, std::uint64_t place);

private:
    struct table;
    std::unique_ptr<table> table_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/typed/impl/key_places.ipp>
#endif
