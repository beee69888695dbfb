// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/call_limiter.hpp>
#include <hubbub/hub/streams/stop_list.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace hubbub {

namespace detail {

/// A user's own object, of whatever type.
struct own_state {
    own_state() = default;
    own_state(own_state const&) = delete;
    own_state& operator=(own_state const&) = delete;
    virtual ~own_state() = default;
};

template <class T>
struct own_state_of final : own_state {
    T value{};
};

/// The part of a connection that the methods it calls have to do with.
struct caller_state {
    caller_state() = default;
    caller_state(caller_state const&) = delete;
    caller_state& operator=(caller_state const&) = delete;
    virtual ~caller_state() = default;

    /// Stops something when the connection ends: at once, if it has.
    void stop_at_end(std::shared_ptr<stoppable> const& what);

    /// The same for a stream, which has a place while it is open. Returns false, and does nothing,
    /// if most streams are open; 0: no limit.
    bool open_stream(std::shared_ptr<stoppable> const& what, std::weak_ptr<void> place,
                     std::size_t most);

    /// Stops all that runs for the connection, or for the server that this stands for: it has
    /// ended.
    void stop_all(std::error_code why = hub_errc::connection_ended);

    std::string id = {};
    std::string user = {};
    std::mutex mutex = {}; // of all that is guarded in here, and of a mailbox: there are many
    std::unique_ptr<own_state> own = {}; // guarded
    stop_list running = {};              // guarded
    call_limiter calls = {};             // guarded
    std::atomic<bool> connected = true;
};

} // namespace detail

/// The caller of a method of the hub: a handle that is cheap to copy and may be kept.
class caller {
public:
    explicit caller(std::shared_ptr<detail::caller_state> state) : state_(std::move(state)) {}

    /// Returns the id of the caller's connection, which every server of the hub understands.
    std::string const& connection_id() const noexcept { return state_->id; }
    /// Returns the user of the connection; empty if it has none.
    std::string const& user() const noexcept { return state_->user; }
    /// Returns whether the connection is still there.
    bool connected() const noexcept { return state_->connected; }

    /// The connection's own T, default-constructed the first time; one type a connection. It need
    /// not be copyable.
    /// Errors: std::bad_cast for a second type.
    /// Thread safety: making it; what is done with it is the caller's to guard. The methods of one
    ///                connection run one at a time, unless hub_options::parallel_calls allows more,
    ///                and beside those with streams, once these have begun.
    template <class T>
    T& state() const {
        using own = detail::own_state_of<T>;
        // Dropped, if another was quicker, with no lock held: it is a user's.
        std::unique_ptr<detail::own_state> made;
        std::unique_lock lock(state_->mutex);
        if (!state_->own) {
            lock.unlock();
            made = std::make_unique<own>();
            lock.lock();
            if (!state_->own)
                state_->own.swap(made);
        }
        return dynamic_cast<own&>(*state_->own).value;
    }

    /// For the hub's own rooms.
    friend detail::caller_state& state_of(caller const& who) noexcept { return *who.state_; }

private:
    std::shared_ptr<detail::caller_state> state_;
};

/// Names a connection, by its id or as the caller of a method. It is a view, for the time of a
/// call.
class connection_name {
public:
    // NOLINTBEGIN(google-explicit-constructor): it stands for either.
    connection_name(std::string_view id) noexcept : id_(id) {}
    connection_name(std::string const& id) noexcept : id_(id) {}
    connection_name(char const* id) noexcept : id_(id) {}
    connection_name(caller const& who) noexcept : id_(who.connection_id()) {}
    /// The connection object of a client.
    template <class Connection>
        requires requires(Connection const& c) {
            { c.id() } -> std::same_as<std::string const&>;
        }
    connection_name(Connection const& c) noexcept : id_(c.id()) {}
    // NOLINTEND(google-explicit-constructor)

    std::string_view id() const noexcept { return id_; }

private:
    std::string_view id_;
};

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/impl/caller.ipp>
#endif
