// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/flow/event_target.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// Tells of drops once for a whole burst. Any thread.
class drop_notice {
public:
    /// One more was dropped. Has told notified on executor, unless that is to come already; told
    /// keeps this object alive.
    void add(asio::any_io_executor const& executor, std::string_view topic,
             std::shared_ptr<event_target> told);

private:
    void tell(event_target& told);

    std::mutex mutex_; // guards what follows: what was dropped and is not told yet
    std::string topic_;
    std::uint64_t count_ = 0;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/drop_notice.ipp>
#endif
