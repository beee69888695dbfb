// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/event.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace hubbub::detail {

/// The observers that are told of events. Any thread; they are called without a lock.
class observers {
public:
    /// The observer gets events until the pointer is gone.
    std::shared_ptr<void> add(observer o);

    void notify(event const& e) const;

private:
    mutable std::mutex mutex_; // guards list_
    std::vector<std::weak_ptr<observer>> list_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/observers.ipp>
#endif
