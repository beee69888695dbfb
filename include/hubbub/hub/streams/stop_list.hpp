// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
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

/// The tasks that stop with a connection. It has no lock; empty it takes no memory.
/// Complexity: adding is amortized constant; stopping is linear in what runs.
class stop_list {
public:
    void add(std::weak_ptr<stoppable> what);

    /// Adds a stream, which has a place while it is open; or returns false, if most streams are
    /// open.
    bool add_stream(std::weak_ptr<stoppable> what, std::weak_ptr<void> place, std::size_t most);

    /// Stops all that run.
    void stop(std::error_code why) const;

private:
    struct tasks {
        std::vector<std::weak_ptr<stoppable>> running;
        std::size_t swept = 0; // how many had not ended when those that had were last removed
        std::vector<std::weak_ptr<void>> places;
    };

    tasks& all();

    std::unique_ptr<tasks> tasks_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/streams/impl/stop_list.ipp>
#endif
