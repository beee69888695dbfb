// SPDX-License-Identifier: MIT
#pragma once

#include <any>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace hubbub {

namespace detail {

/// What a connection is to the methods it calls.
struct caller_state {
    std::string id = {};
    std::string user = {};
    std::atomic<bool> connected = true;
    std::mutex mutex = {}; // guards own
    std::any own = {};
};

} // namespace detail

/// Who calls a method of the hub: a handle that is cheap to copy and may be kept.
class caller {
public:
    explicit caller(std::shared_ptr<detail::caller_state> state) : state_(std::move(state)) {}

    /// Its id, which every server of the hub understands.
    std::string const& connection_id() const noexcept { return state_->id; }
    /// Empty if the connection has none.
    std::string const& user() const noexcept { return state_->user; }
    /// Whether the connection is still there.
    bool connected() const noexcept { return state_->connected; }

    /// The connection's own T, default-constructed the first time; one type a connection.
    /// Errors: std::bad_any_cast for a second type.
    /// Thread safety: making it; what is done with it is the caller's to guard. The methods of one
    ///                connection run one at a time, unless hub_options::parallel_calls allows more.
    template <class T>
    T& state() const {
        std::lock_guard const lock(state_->mutex);
        if (!state_->own.has_value())
            state_->own.emplace<T>();
        return std::any_cast<T&>(state_->own);
    }

private:
    std::shared_ptr<detail::caller_state> state_;
};

} // namespace hubbub
