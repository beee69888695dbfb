// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <system_error>
#include <utility>
#include <vector>

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

/// What stops with a connection. It has no lock; empty it takes no memory.
class end_list {
public:
    void add(std::weak_ptr<stoppable> running) {
        std::erase_if(running_, [](auto const& one) { return one.expired(); });
        running_.push_back(std::move(running));
    }

    std::vector<std::weak_ptr<stoppable>> take() { return std::exchange(running_, {}); }

private:
    std::vector<std::weak_ptr<stoppable>> running_;
};

} // namespace hubbub::detail
