// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace hubbub::detail {

/// Publishes the changes in the connections of this server, for the servers that watch. It runs no
/// user code, and may be called while a lock is held.
///
/// Thread safety: all functions, from any thread.
class update_publisher : public std::enable_shared_from_this<update_publisher> {
public:
    update_publisher(frame_bus bus, std::string topic)
        : bus_(std::move(bus)), topic_(std::move(topic)) {}

    /// Publishes on the bus's executor. Its number shows the others that one is lost.
    void publish(presence_update u);

    /// The bus is not touched later.
    void close() noexcept { open_ = false; }

private:
    frame_bus const bus_;
    std::string const topic_;
    std::atomic<bool> open_ = true;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/update_publisher.ipp>
#endif
