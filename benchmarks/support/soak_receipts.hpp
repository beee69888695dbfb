// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
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
            if (m.number > s.last + 1)
                s.missing.emplace(s.last + 1, m.number - 1);
            s.last = m.number;
            ++delivered_;
        } else if (s.find_missing(m.number)) {
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
        /// True if the message was missing; it is not any more.
        bool find_missing(std::uint64_t number) {
            auto after = missing.upper_bound(number);
            if (after == missing.begin() || std::prev(after)->second < number)
                return false;
            auto const [first, last_of_run] = *--after;
            missing.erase(after);
            if (first < number)
                missing.emplace(first, number - 1);
            if (number < last_of_run)
                missing.emplace(number + 1, last_of_run);
            return true;
        }

        std::uint64_t last = 0;
        std::map<std::uint64_t, std::uint64_t> missing; // first and last of each run
    };

    std::size_t topics_;
    std::vector<stream> streams_;
    std::uint64_t delivered_ = 0;
    std::chrono::steady_clock::time_point last_at_;
};

} // namespace bench
