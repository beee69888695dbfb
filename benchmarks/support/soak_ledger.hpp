// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// Which message this is: the n-th, from 1, of a publisher on a topic. It begins the payload.
struct soak_message {
    std::uint32_t publisher = 0;
    std::uint32_t topic = 0;
    std::uint64_t number = 0;

    std::string encode(std::size_t payload_size) const {
        auto text = std::to_string(publisher) + ' ' + std::to_string(topic) + ' ' +
                    std::to_string(number) + ' ';
        text.resize(std::max(text.size(), payload_size), '.');
        return text;
    }

    static std::optional<soak_message> decode(std::string_view text) {
        soak_message m;
        auto const read = [&text](auto& number) {
            auto const [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), number);
            auto const used = static_cast<std::size_t>(end - text.data());
            if (error != std::errc{} || used == text.size() || *end != ' ')
                return false;
            text.remove_prefix(used + 1);
            return true;
        };
        return read(m.publisher) && read(m.topic) && read(m.number) ? std::optional(m)
                                                                    : std::nullopt;
    }
};

/// What came to one subscriber, message by message, by the numbers that the soak itself gave: it
/// does not believe the bus.
class soak_receipts {
public:
    soak_receipts(std::size_t publishers, std::size_t topics)
        : topics_(topics), streams_(publishers * topics) {}

    void receive(soak_message const& m) {
        auto const now = std::chrono::steady_clock::now();
        if (delivered_ > 0)
            longest_silence = std::max(longest_silence, now - last_at_);
        last_at_ = now;
        auto& s = streams_.at(m.publisher * topics_ + m.topic);
        if (m.number > s.last) {
            for (auto missing = s.last + 1; missing < m.number; ++missing)
                s.missing.insert(missing);
            s.last = m.number;
            ++delivered_;
        } else if (s.missing.erase(m.number) == 1) {
            ++out_of_order;
            ++delivered_;
        } else {
            ++duplicates;
        }
    }

    std::uint64_t delivered() const noexcept { return delivered_; }

    std::uint64_t duplicates = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t strange = 0;
    std::chrono::steady_clock::duration longest_silence{};

private:
    struct stream {
        std::uint64_t last = 0;
        std::set<std::uint64_t> missing;
    };

    std::size_t topics_;
    std::vector<stream> streams_;
    std::uint64_t delivered_ = 0;
    std::chrono::steady_clock::time_point last_at_;
};

/// The end of a soak, in deliveries: a message published counts once for each subscriber.
struct soak_ledger {
    std::uint64_t published = 0;
    std::uint64_t delivered = 0;
    std::uint64_t refused = 0;
    std::uint64_t known_lost = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t strange = 0;
    std::uint64_t unknown = 0;
    std::uint64_t discarded = 0;
    std::uint64_t link_losses = 0;
    std::uint64_t crashes = 0;
    double longest_silence_seconds = 0;

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
        return {{"published", count(published)},       {"delivered", count(delivered)},
                {"refused", count(refused)},           {"known_lost", count(known_lost)},
                {"duplicates", count(duplicates)},     {"unaccounted", unaccounted()},
                {"out_of_order", count(out_of_order)}, {"strange", count(strange)},
                {"outcome_unknown", count(unknown)},   {"discarded", count(discarded)},
                {"link_losses", count(link_losses)},   {"crashes", count(crashes)}};
    }
};

} // namespace bench
