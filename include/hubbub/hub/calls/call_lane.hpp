// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>

namespace hubbub::detail {

/// The calls of one connection: so many run at a time, the others wait in the order made. It has no
/// lock. Call is a pointer, null for none.
template <class Call>
class call_lane {
public:
    enum class entered { runs, waits, full };

    /// Whether c runs now; else it is kept. Limits of 0 mean no limit.
    entered enter(Call const& c, std::size_t parallel, std::size_t most_waiting) {
        if (ended_ || parallel == 0 || running_ < parallel) {
            ++running_;
            return entered::runs;
        }
        if (most_waiting != 0 && waiting_.size() >= most_waiting)
            return entered::full;
        waiting_.push_back(c);
        return entered::waits;
    }

    /// One that ran has ended: the one that runs next.
    Call leave() {
        if (waiting_.empty()) {
            --running_;
            return {};
        }
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }

    /// All run now, those that wait and those to come: to be told that their connection has ended.
    std::list<Call> end() {
        ended_ = true;
        running_ += static_cast<std::uint32_t>(waiting_.size());
        return std::exchange(waiting_, {});
    }

private:
    bool ended_ = false;
    std::uint32_t running_ = 0;
    std::list<Call> waiting_; // takes no memory while nothing waits
};

} // namespace hubbub::detail
