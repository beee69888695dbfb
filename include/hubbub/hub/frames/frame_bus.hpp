// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/event.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/transport.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

class bus_core;

/// A bus as the hub sees it: it carries frames, and turns them into the bytes or objects that the
/// bus carries. A handle that is cheap to copy.
///
/// Thread safety: all functions, from any thread.
class frame_bus {
public:
    frame_bus(std::shared_ptr<bus_core> bus, frame_format format)
        : bus_(std::move(bus)), format_(format) {}

    asio::any_io_executor executor() const;
    link_state state() const;
    /// Names the transport of the bus.
    void const* transport_id() const noexcept;
    /// Another bus on the same transport, which waits for room by itself; `close` ends it.
    frame_bus another() const;
    void close() const;

    /// The observer gets the events of the transport until the pointer is gone.
    std::shared_ptr<void> observe(observer o) const;

    // Frames are client_call, server_message, server_beacon and presence_update.

    /// As bus::publish.
    template <class Frame>
    std::error_code publish(std::string_view topic, Frame const& frame) const;
    /// As bus::async_publish.
    template <class Frame>
    void publish(std::string_view topic, Frame const& frame, publish_completion done) const;
    /// As bus::async_publish with wait_up_to.
    template <class Frame>
    void publish_patiently(std::string_view topic, Frame const& frame,
                           std::chrono::milliseconds at_most, publish_completion done) const;
    /// As bus::async_subscribe. A payload that is no such frame is counted and told as malformed.
    template <class Frame>
    void subscribe(std::string const& topic, std::function<void(Frame const&)> take,
                   completion<std::error_code, subscription> done) const;

private:
    std::shared_ptr<bus_core> bus_;
    frame_format format_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/frames/impl/frame_bus.ipp>
#endif
