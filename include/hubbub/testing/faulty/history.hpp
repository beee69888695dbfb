// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/faulty/faults.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace hubbub::testing::detail {

/// Counts what was done to each message and to the link, and keeps it as lines, the last ones of
/// many.
class history {
public:
    using time_point = std::chrono::steady_clock::time_point;

    history(faults const& f, time_point begin)
        : seed_(f.seed), max_lines_(f.log_lines), begin_(begin) {}

    void cut(time_point at) {
        ++counts_.cuts;
        add(at, "cut");
    }
    void heal(time_point at) { add(at, "healed"); }

    /// A message came; which one it is.
    std::uint64_t arrive() noexcept { return ++counts_.arrived; }

    void drop(time_point at, std::uint64_t number, std::string_view topic) {
        ++counts_.dropped;
        add(at, "in", number, topic, "dropped");
    }
    void delay(time_point at, std::uint64_t number, std::string_view topic, time_point due,
               bool out_of_order) {
        counts_.reordered += out_of_order ? 1 : 0;
        add(at, "in", number, topic,
            (out_of_order ? "out of order, after " : "after ") + seconds(due - at));
    }
    void duplicate(time_point at, std::uint64_t number, std::string_view topic, time_point due) {
        ++counts_.duplicated;
        add(at, "in", number, topic, "again after " + seconds(due - at));
    }
    void lose_to_cut(time_point at, std::uint64_t number, std::string_view topic) {
        ++counts_.cut_off;
        add(at, "in", number, topic, "cut off");
    }

    /// A publish was on its way at a cut.
    void lose_answer(time_point at, std::uint64_t number, std::string_view topic,
                     bool came_through) {
        ++(came_through ? counts_.came_through : counts_.stuck);
        add(at, "out", number, topic,
            came_through ? "cut off, and came through" : "cut off, and lost");
    }

    fault_counts const& counts() const noexcept { return counts_; }

    std::string text() const {
        auto all = "seed " + std::to_string(seed_) + '\n';
        for (auto const& line : lines_)
            all += line + '\n';
        return all;
    }

private:
    /// "0.012500 in 17 room.42: dropped"
    void add(time_point at, std::string_view way, std::uint64_t number, std::string_view topic,
             std::string_view what) {
        add(at, std::string(way) + ' ' + std::to_string(number) + ' ' + std::string(topic) + ": " +
                    std::string(what));
    }

    void add(time_point at, std::string_view what) {
        if (max_lines_ == 0)
            return;
        if (lines_.size() == max_lines_)
            lines_.pop_front();
        lines_.push_back(seconds(at - begin_) + ' ' + std::string(what));
    }

    static std::string seconds(time_point::duration d) {
        auto const micro = std::chrono::duration_cast<std::chrono::microseconds>(d).count();
        auto fraction = std::to_string(micro % 1'000'000);
        fraction.insert(0, 6 - fraction.size(), '0');
        return std::to_string(micro / 1'000'000) + '.' + fraction;
    }

    std::uint64_t const seed_;
    std::size_t const max_lines_;
    time_point const begin_;
    fault_counts counts_;
    std::deque<std::string> lines_;
};

} // namespace hubbub::testing::detail
