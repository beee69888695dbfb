// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <cstddef>
#include <forward_list>
#include <memory>
#include <system_error>

namespace hubbub::detail {

/// Something that runs for a connection, and is to stop with it.
class stoppable {
public:
    /// why is empty where nobody wants what it does. It runs no user code, and may be called from
    /// any thread, while a lock is held, and after it has ended.
    virtual void stop(std::error_code why) = 0;

protected:
    ~stoppable() = default;
};

/// The tasks that stop with a connection. It has no lock; empty it takes no memory.
/// Complexity: linear in what runs.
class stop_list {
public:
    /// A stream has a place, while it is open.
    void add(std::weak_ptr<stoppable> what, std::weak_ptr<void> place = {});

    /// How many streams are open.
    std::size_t streams() const;

    /// Stops all that run.
    void stop(std::error_code why) const;

private:
    struct entry {
        std::weak_ptr<stoppable> what;
        std::weak_ptr<void> place;
    };

    std::forward_list<entry> running_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/streams/impl/stop_list.ipp>
#endif
