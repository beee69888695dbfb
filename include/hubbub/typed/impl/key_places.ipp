// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/string_map.hpp>
#include <hubbub/typed/key_places.hpp>

namespace hubbub::detail {

struct key_places::table {
    string_map<std::uint64_t> places;
};

HUBBUB_DECL key_places::key_places() = default;
HUBBUB_DECL key_places::~key_places() = default;

HUBBUB_DECL std::optional<std::uint64_t> key_places::find(std::string const& key) const {
    if (!table_)
        return std::nullopt;
    auto const found = table_->places.find(key);
    return found == table_->places.end() ? std::nullopt : std::optional(found->second);
}

HUBBUB_DECL void key_places::put(std::string const& key, std::uint64_t place) {
    if (!table_)
        table_ = std::make_unique<table>();
    table_->places[key] = place;
}

HUBBUB_DECL void key_places::erase(std::string const& key, std::uint64_t place) {
    if (!table_)
        return;
    if (auto const at = table_->places.find(key); at != table_->places.end() && at->second == place)
        table_->places.erase(at);
}

} // namespace hubbub::detail
