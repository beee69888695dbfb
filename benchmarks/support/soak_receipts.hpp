// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
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

/// Numbers, as the first and last of each run.
class soak_runs {
public:
    /// None of them may be there. Nothing if last is before first.
    void add(std::uint64_t first, std::uint64_t last) {
        if (first <= last)
            runs_.emplace(first, last);
    }

    /// Takes out those from first to last. Returns how many were there.
    std::uint64_t take(std::uint64_t first, std::uint64_t last) {
        std::uint64_t taken = 0;
        auto run = runs_.upper_bound(first);
        if (run != runs_.begin() && std::prev(run)->second >= first)
            --run;
        while (run != runs_.end() && run->first <= last) {
            auto const [begin, end] = *run;
            run = runs_.erase(run);
            if (begin < first)
                add(begin, first - 1);
            if (last < end)
                add(last + 1, end);
            taken += std::min(end, last) - std::max(begin, first) + 1;
        }
        return taken;
    }

    std::uint64_t count() const noexcept {
        std::uint64_t n = 0;
        for (auto const& [first, last] : runs_)
            n += last - first + 1;
        return n;
    }

private:
    std::map<std::uint64_t, std::uint64_t> runs_;
};

/// What one subscriber heard of each message, that it came or that it is lost, by the numbers that
/// the soak itself gave: it does not believe the bus. Each stream, of one publisher on one topic,
/// stands by itself.
class soak_receipts {
public:
    soak_receipts(std::size_t publishers, std::size_t topics)
        : topics_(topics), streams_(publishers * topics) {}

    /// It came.
    void receive(soak_message const& m) {
        auto const now = std::chrono::steady_clock::now();
        if (delivered > 0)
            longest_silence = std::max(longest_silence, now - last_at_);
        last_at_ = now;
        auto& s = stream_of(m);
        bool const is_late = m.number <= s.last;
        if (s.hear(m.number, m.number) == 0) {
            ++duplicates;
        } else {
            ++delivered;
            out_of_order += is_late ? 1 : 0;
        }
    }

    /// It is told that this message is lost and those after it, up to the number last, of a stream
    /// that had so many then.
    void lose(soak_message const& m, std::uint64_t last, std::uint64_t published) {
        auto& s = stream_of(m);
        auto const told = last - m.number + 1;
        auto const known = told - s.hear(m.number, std::min(last, published));
        auto const early = std::min(last + 1, std::max(m.number, s.never_lost + 1)) - m.number;
        told_lost += told;
        s.falsely_lost += std::max(known, early);
    }

    /// The subscriber has left the topic.
    void leave(std::size_t topic) {
        for (auto at = topic; at < streams_.size(); at += topics_)
            streams_[at].leave();
    }

    /// It subscribes to the topic of this message, the last one of its stream up to now: until it
    /// is subscribed, these are not lost.
    void subscribe(soak_message const& m) { stream_of(m).never_lost = m.number; }

    /// It is subscribed to the topic of this message, the last one of its stream up to now. What was
    /// published while it was not may come or not, and so may what is published before it hears
    /// anything of the stream: that there is one it is told in a round trip. From then on it is to
    /// hear of each.
    void join(soak_message const& m) {
        stream_of(m).since = m.number;
        stream_of(m).never_lost = 0;
    }

    /// How many messages it ought to have heard of and has not, and how many are told as lost that
    /// are not, or are so twice, if published(publisher, topic) is how many there are.
    template <class Published>
    std::uint64_t unaccounted(Published published) const {
        std::uint64_t sum = 0;
        for (std::size_t at = 0; at < streams_.size(); ++at) {
            auto const& s = streams_[at];
            auto const begin = s.tail();
            std::uint64_t const end = published(at / topics_, at % topics_);
            sum += s.missing.count() + s.falsely_lost + (end > begin ? end - begin : 0);
        }
        return sum;
    }

    /// How many it need not have heard of, and did not, since it was not subscribed.
    template <class Published>
    std::uint64_t not_expected(Published published) const {
        std::uint64_t sum = 0;
        for (std::size_t at = 0; at < streams_.size(); ++at) {
            auto const& s = streams_[at];
            std::uint64_t const end = published(at / topics_, at % topics_);
            sum += s.not_expected + std::max(s.last, std::min(s.tail(), end)) - s.last;
        }
        return sum;
    }

    std::uint64_t delivered = 0;
    std::uint64_t told_lost = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t strange = 0;
    std::chrono::steady_clock::duration longest_silence{};

private:
    struct stream {
        /// Returns how many of these were not heard of before.
        std::uint64_t hear(std::uint64_t first, std::uint64_t end) {
            if (end < first)
                return 0;
            auto const before = last;
            std::uint64_t news = missing.take(first, end);
            if (end <= before)
                return news;
            auto const begin = std::max(first, before + 1);
            if (is_new)
                not_expected += begin - before - 1;
            else
                missing.add(before + 1, begin - 1);
            is_new = is_new && since == never;
            last = end;
            return news + end - begin + 1;
        }

        void leave() noexcept {
            is_new = true;
            since = never;
        }

        /// All beyond this number is to be heard of yet.
        std::uint64_t tail() const noexcept { return is_new ? std::max(last, since) : last; }

        static constexpr auto never = std::numeric_limits<std::uint64_t>::max();

        std::uint64_t last = 0; // heard of
        soak_runs missing;      // before it
        std::uint64_t falsely_lost = 0;
        std::uint64_t not_expected = 0;
        bool is_new = false; // it was left, and not heard of since it is subscribed to again
        std::uint64_t since = 0;
        std::uint64_t never_lost = 0; // up to this one
    };

    stream& stream_of(soak_message const& m) {
        return streams_.at(m.publisher * topics_ + m.topic);
    }

    std::size_t topics_;
    std::vector<stream> streams_;
    std::chrono::steady_clock::time_point last_at_;
};

} // namespace bench
