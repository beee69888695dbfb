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
    /// Neither delivered nor known lost nor not expected. With numbers it is a sum over all streams,
    /// of one publisher on one topic to one subscriber, and what is told as lost and is not is added:
    /// it makes up for nothing.
    std::int64_t unaccounted = 0;
    std::uint64_t published = 0;
    std::uint64_t delivered = 0;
    std::uint64_t refused = 0;
    /// Whether messages have numbers, so that receivers are told what they lost.
    bool numbered = true;
    std::uint64_t gaps = 0;
    std::uint64_t lost_in_gaps = 0;
    /// Published while the subscriber was not subscribed.
    std::uint64_t not_expected = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t strange = 0;
    /// What the publishers know themselves: written when the link fell; queued at the end; made
    /// room for newer ones. The last two are lost.
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

    /// What the receivers were told of; without numbers, what the publishers know that nobody got.
    std::uint64_t known_lost() const noexcept {
        return numbered ? lost_in_gaps : displaced + discarded;
    }

    /// Of these, what was given to Redis, or may have been: lost with a link or at Redis, or
    /// refused by it.
    std::int64_t lost_on_the_way() const noexcept {
        return static_cast<std::int64_t>(known_lost()) - static_cast<std::int64_t>(displaced) -
               static_cast<std::int64_t>(discarded);
    }

    /// What is not accounted for by the sums alone.
    std::int64_t difference() const noexcept {
        return static_cast<std::int64_t>(published) - static_cast<std::int64_t>(delivered) -
               static_cast<std::int64_t>(known_lost()) - static_cast<std::int64_t>(not_expected);
    }

    /// Goes up with whatever is heard of any message.
    std::uint64_t heard() const noexcept {
        return delivered + duplicates + strange + known_lost() + unknown;
    }

    bool clean() const noexcept {
        return unaccounted == 0 && duplicates == 0 && out_of_order == 0 && strange == 0 &&
               crashes == 0;
    }

    /// The figures by name, in the order to show them.
    std::vector<std::pair<std::string, std::int64_t>> counts() const {
        auto const count = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
        return {{"published", count(published)},
                {"delivered", count(delivered)},
                {"refused", count(refused)},
                {"known_lost", count(known_lost())},
                {"lost_on_the_way", lost_on_the_way()},
                {"displaced", count(displaced)},
                {"discarded", count(discarded)},
                {"not_expected", count(not_expected)},
                {"duplicates", count(duplicates)},
                {"unaccounted", unaccounted},
                {"out_of_order", count(out_of_order)},
                {"strange", count(strange)},
                {"gaps", count(gaps)},
                {"outcome_unknown", count(unknown)},
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
            fmt::print("{:<20} {:>14}\n", name + ":", value);
        }
        fmt::print("{:<20} {:>14.3f} s\n", "longest silence:", longest_silence_seconds);
    }
};

} // namespace bench
