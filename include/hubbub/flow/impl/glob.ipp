// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/glob.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL bool in_class(std::string_view glob, std::size_t& at, char c) {
    ++at;
    bool const negated = at < glob.size() && glob[at] == '^';
    at += negated ? 1 : 0;
    auto const byte = [](char x) { return static_cast<unsigned char>(x); };
    bool found = false;
    while (at < glob.size() && glob[at] != ']') {
        if (glob[at] == '\\' && at + 1 < glob.size()) {
            found |= glob[at + 1] == c;
            at += 2;
        } else if (at + 2 < glob.size() && glob[at + 1] == '-') {
            auto low = byte(glob[at]);
            auto high = byte(glob[at + 2]);
            if (low > high)
                std::swap(low, high);
            found |= low <= byte(c) && byte(c) <= high;
            at += 3;
        } else {
            found |= glob[at] == c;
            ++at;
        }
    }
    at += at < glob.size() ? 1U : 0U;
    return found != negated;
}

HUBBUB_DECL bool takes(std::string_view glob, std::size_t& at, char c) {
    switch (glob[at]) {
    case '?': ++at; return true;
    case '[': return in_class(glob, at, c);
    case '\\': at += at + 1 < glob.size() ? 1U : 0U; [[fallthrough]];
    default: return glob[at++] == c;
    }
}

HUBBUB_DECL bool glob_match(std::string_view glob, std::string_view text) {
    constexpr auto none = std::string_view::npos;
    std::size_t at = 0;
    std::size_t next = 0;
    std::size_t star = none;   // behind the last star seen
    std::size_t resume = none; // where in text that star's share ends
    while (next < text.size()) {
        if (at < glob.size() && glob[at] == '*') {
            star = ++at;
            resume = next;
            continue;
        }
        if (at < glob.size() && takes(glob, at, text[next])) {
            ++next;
            continue;
        }
        if (star == none)
            return false;
        at = star;
        next = ++resume;
    }
    while (at < glob.size() && glob[at] == '*')
        ++at;
    return at == glob.size();
}

HUBBUB_DECL std::string glob_escape(std::string_view literal) {
    std::string escaped;
    for (char const c : literal) {
        if (std::string_view("*?[\\").find(c) != std::string_view::npos)
            escaped += '\\';
        escaped += c;
    }
    return escaped;
}

} // namespace hubbub::detail
