// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// A number for people: about three digits, thousands apart.
inline std::string digits(double value) {
    auto const size = std::abs(value);
    if (value == 0 || !std::isfinite(value))
        return fmt::format("{}", value);
    if (size < 100)
        return fmt::format("{:.{}f}", value, size < 0.1 ? 4 : size < 1 ? 3 : size < 10 ? 2 : 1);
    auto text = fmt::format("{:.0f}", value);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
        text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

/// A ratio for people.
inline std::string times(double ratio) {
    return fmt::format("×{}", digits(ratio));
}

/// Rows of text in aligned columns: the first columns to the left, numbers to the right.
class table {
public:
    /// The first `names` columns hold names.
    table(std::size_t names, std::vector<std::string> titles)
        : names_(names), rows_{std::move(titles)} {}

    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    void add_gap() { rows_.emplace_back(); }

    void print() const {
        std::vector<std::size_t> widths(rows_.front().size());
        for (auto const& row : rows_)
            for (std::size_t i = 0; i < row.size(); ++i)
                widths[i] = std::max(widths[i], width(row[i]));
        for (auto const& row : rows_) {
            std::string line;
            for (std::size_t i = 0; i < row.size(); ++i) {
                std::string const fill(widths[i] - width(row[i]), ' ');
                line += "  ";
                line += i < names_ ? row[i] + fill : fill + row[i];
            }
            line.erase(line.find_last_not_of(' ') + 1);
            fmt::print("{}\n", line);
        }
    }

private:
    /// Of UTF-8, in characters.
    static std::size_t width(std::string_view text) {
        return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        }));
    }

    std::size_t names_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace bench
