// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/outbox.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace hubbub::detail {

/// The calls that wait for one connection. It has no lock.
/// Complexity: O(1) a call. Empty it takes no memory.
class outbox {
public:
    explicit outbox(outbox_options const& options) : options_(options) {}

    /// Calls may hold users' objects: to be destroyed with no lock held.
    using entries = std::list<shared_call>;

    struct pushed {
        /// The new one among them if it was.
        entries dropped = {};
        /// The connection is to be ended; then all were dropped.
        bool ends = false;
    };

    pushed push(shared_call message);

    std::optional<shared_call> pop();

    /// Drops the oldest until so many bytes are free, or nothing is left.
    entries shed(std::size_t bytes);

    entries take_all();

    std::size_t bytes() const noexcept { return bytes_; }
    bool empty() const noexcept { return waiting_.empty(); }
    outbox_options const& options() const noexcept { return options_; }

private:
    /// The call of each method that waits, of which there is one: latest_per_key.
    using method_index = std::unordered_map<std::string_view, entries::iterator>;

    bool full(std::size_t more) const noexcept;
    void drop_method(shared_call const& newer, entries& dropped);
    void drop(entries::iterator which, entries& dropped);
    /// The call leaves the queue.
    void forget(shared_call const& leaving);

    outbox_options options_;
    std::size_t bytes_ = 0;
    entries waiting_;
    std::unique_ptr<method_index> by_method_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/outbox.ipp>
#endif
