// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace bench {

/// The smallest of the values that at least `share` of them do not exceed; 0 of none.
inline double quantile(std::vector<double> values, double share) {
    if (values.empty())
        return 0;
    auto const count = static_cast<double>(values.size());
    auto const rank = static_cast<std::ptrdiff_t>(std::ceil(share * count)) - 1;
    auto const at = values.begin() + std::max<std::ptrdiff_t>(rank, 0);
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

/// One figure, measured in each of several runs.
class series {
public:
    void add(double value) { values_.push_back(value); }

    std::vector<double> const& values() const noexcept { return values_; }
    bool empty() const noexcept { return values_.empty(); }

    double median() const {
        auto sorted = values_;
        std::sort(sorted.begin(), sorted.end());
        auto const half = sorted.size() / 2;
        if (sorted.empty())
            return 0;
        return sorted.size() % 2 != 0 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
    double least() const { return empty() ? 0 : *std::min_element(values_.begin(), values_.end()); }
    double most() const { return empty() ? 0 : *std::max_element(values_.begin(), values_.end()); }

private:
    std::vector<double> values_;
};

/// Run by run, how often b goes into a. Of runs that alternate, the ratios say more than medians
/// that were taken apart: what disturbs the machine disturbs both.
inline series ratio(series const& a, series const& b) {
    series result;
    for (std::size_t i = 0; i < std::min(a.values().size(), b.values().size()); ++i)
        result.add(a.values()[i] / b.values()[i]);
    return result;
}

} // namespace bench
