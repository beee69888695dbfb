// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/transport.hpp>

#include <atomic>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub {

namespace detail {

/// One callable of a subscription; inactive ones are not called again.
struct subscriber {
    subscriber() = default;
    subscriber(subscriber const&) = delete;
    subscriber& operator=(subscriber const&) = delete;
    virtual ~subscriber() = default;

    /// The bus ended, or the subscription did.
    virtual void end(std::error_code /*why*/) {}

    std::atomic<bool> active = true;
};

/// A list of subscribers, out of which one is taken.
class subscriber_group : public message_sink {
public:
    virtual void remove(subscriber const& s) noexcept = 0;
};

} // namespace detail

/// Keeps a sink subscribed: it ends with this object.
///
/// After reset has returned, the sink does not start again; a call that runs on another thread at
/// that moment may still be running. A sink may reset its own subscription: what it captured lives
/// until it returns. It may outlive the bus and its executor, and then does nothing.
/// Thread safety: distinct objects safe, a shared object unsafe.
class [[nodiscard]] subscription {
public:
    subscription() = default;
    subscription(std::weak_ptr<detail::subscriber_group> group,
                 std::weak_ptr<detail::subscriber> s) noexcept
        : group_(std::move(group)), subscriber_(std::move(s)) {}

    subscription(subscription&&) noexcept = default;
    subscription& operator=(subscription&& other) noexcept {
        if (this != &other) {
            reset();
            group_ = std::move(other.group_);
            subscriber_ = std::move(other.subscriber_);
        }
        return *this;
    }
    ~subscription() { reset(); }

    /// Returns whether this object keeps a sink subscribed: not after reset, nor after the bus's
    /// end.
    explicit operator bool() const noexcept {
        auto const s = subscriber_.lock();
        return s && s->active.load(std::memory_order_acquire);
    }

    /// Unsubscribes; does nothing a second time.
    void reset() noexcept {
        // Taken out first: the sink's destructor may come back here.
        auto const group = std::exchange(group_, {}).lock();
        auto const s = std::exchange(subscriber_, {}).lock();
        if (!s)
            return;
        s->active.store(false, std::memory_order_release);
        if (group)
            group->remove(*s);
    }

private:
    // The bus owns them: what outlives it holds nothing of it, such as an executor whose context
    // may be gone as well.
    std::weak_ptr<detail::subscriber_group> group_;
    std::weak_ptr<detail::subscriber> subscriber_;
};

namespace detail {

/// Completes an operation that subscribes. If the bus has ended meanwhile it says so,
/// and with an error there is no subscription.
template <>
struct result_pack<std::error_code, subscription> {
    template <class Handler>
    void give_to(Handler&& handler) {
        if (!error && !kept)
            error = errc::closed;
        if (error)
            kept.reset();
        std::forward<Handler>(handler)(error, std::move(kept));
    }
    std::error_code error;
    subscription kept;
};

} // namespace detail
} // namespace hubbub
