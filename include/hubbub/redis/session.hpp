// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/clock.hpp>
#include <hubbub/redis/lifecycle.hpp>
#include <hubbub/redis/reply.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace hubbub::redis {

/// The use of a link: publishing or subscribing. All functions are called on the link's executor.
class session {
public:
    session() = default;
    session(session const&) = delete;
    session& operator=(session const&) = delete;
    virtual ~session() = default;

    /// Whether the link will subscribe, so that Redis may cut it off when it is slow.
    virtual bool subscribes() const = 0;

    /// The link is up; output() may be asked for. was: how the link before ended.
    virtual void on_run(lifecycle::cut_off was) = 0;
    /// The link fell, or an attempt failed; nothing of it is under way any more.
    virtual void on_down() = 0;
    /// Why it did; the next attempt follows in wait.
    virtual void on_retry(std::error_code reason, unsigned attempts,
                          std::chrono::milliseconds wait) = 0;
    /// Why it did; there will be no other attempt.
    virtual void on_give_up(std::error_code reason) = 0;

    /// A reply. Errors: that of a server that talks nonsense; then the link is dropped.
    virtual std::error_code on_reply(reply const& r) noexcept = 0;
    /// All replies of one read were handed over.
    virtual void on_replies_end() = 0;

    /// Returns the bytes to be written next, valid until wrote. Empty if there are none: then the
    /// session calls connection::flush when there is something again.
    virtual std::string_view output() = 0;
    virtual void wrote(std::size_t bytes) = 0;
    /// Returns how many bytes are to be written until it is out; zero if the session itself sees to
    /// it that it is answered.
    virtual std::size_t push_ping() = 0;

    /// A timer of the session's own. Errors: why the link must be dropped.
    virtual std::error_code tick(time_point now) = 0;
    virtual time_point deadline() = 0;
};

} // namespace hubbub::redis
