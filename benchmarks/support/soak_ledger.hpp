// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// The end of a soak, in deliveries: a message published counts once for each subscriber.
struct soak_ledger {
    std::uint64_t published = 0;
    std::uint64_t delivered = 0;
    std::uint64_t refused = 0;
    /// In gaps, which the receivers were told.
    std::uint64_t known_lost = 0;
    std::uint64_t gaps = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t strange = 0;
    /// What the publishers know themselves: written when the link fell; queued at the end; made
    /// room for newer ones.
    std::uint64_t unknown = 0;
    std::uint64_t discarded = 0;
    std::uint64_t displaced = 0;
    std::uint64_t link_losses = 0;
    std::uint64_t cut_offs = 0;
    std::uint64_t crashes = 0;
    std::int64_t peak_memory = -1; // bytes
    double longest_silence_seconds = 0;
    /// Why it ended before its time; empty if it did not.
    std::string failure;

    std::int64_t unaccounted() const noexcept {
        return static_cast<std::int64_t>(published) - static_cast<std::int64_t>(delivered) -
               static_cast<std::int64_t>(known_lost);
    }

    bool clean() const noexcept {
        return unaccounted() == 0 && duplicates == 0 && out_of_order == 0 && strange == 0 &&
               crashes == 0;
    }

    /// The figures by name, in the order to show them.
    std::vector<std::pair<std::string, std::int64_t>> counts() const {
        auto const count = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
        return {{"published", count(published)},
                {"delivered", count(delivered)},
                {"refused", count(refused)},
                {"known_lost", count(known_lost)},
                {"duplicates", count(duplicates)},
                {"unaccounted", unaccounted()},
                {"out_of_order", count(out_of_order)},
                {"strange", count(strange)},
                {"gaps", count(gaps)},
                {"outcome_unknown", count(unknown)},
                {"discarded", count(discarded)},
                {"displaced", count(displaced)},
                {"link_losses", count(link_losses)},
                {"cut_offs", count(cut_offs)},
                {"crashes", count(crashes)},
                {"peak_memory_bytes", peak_memory}};
    }

    /// On standard output: a line each, or one JSON object on one line.
    void print(bool json) const {
        if (json) {
            nlohmann::ordered_json line;
            for (auto const& [name, value] : counts())
                line[name] = value;
            line["longest_silence_seconds"] = longest_silence_seconds;
            if (!failure.empty())
                line["failure"] = failure;
            fmt::print("{}\n", line.dump());
            return;
        }
        for (auto [name, value] : counts()) {
            std::replace(name.begin(), name.end(), '_', ' ');
            fmt::print("{:<18} {:>14}\n", name + ":", value);
        }
        fmt::print("{:<18} {:>14.3f} s\n", "longest silence:", longest_silence_seconds);
    }
};

} // namespace bench
