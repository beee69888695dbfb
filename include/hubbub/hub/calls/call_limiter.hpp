// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

namespace hubbub::detail {

/// A call of a connection that waits for its turn.
class waiting_call {
public:
    virtual void start() = 0;

protected:
    ~waiting_call() = default;
};

/// The calls of one connection: so many run at a time, the others wait in the order made. It has no
/// lock.
class call_limiter {
public:
    using call_ptr = std::shared_ptr<waiting_call>;
    enum class entered { runs, waits, full };

    /// Whether c runs now; else it is kept. Limits of 0 mean no limit.
    entered enter(call_ptr const& c, std::size_t parallel, std::size_t most_waiting);

    /// One that ran has ended: the one that runs next; null for none.
    call_ptr leave();

    /// All run now, those that wait and those to come: to be told that their connection has ended.
    std::list<call_ptr> end();

private:
    bool ended_ = false;
    std::uint32_t running_ = 0;
    std::list<call_ptr> waiting_; // takes no memory while nothing waits
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/calls/impl/call_limiter.ipp>
#endif
