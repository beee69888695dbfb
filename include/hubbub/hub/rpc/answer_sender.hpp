// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/bus.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/core/hooks.hpp>
#include <hubbub/hub/event.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/rpc/answer_frame.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Sends answers to the servers that asked. Where the queue is full they wait for room, as who asks
/// does, and on a bus of their own: so they keep back neither beacons nor what the owner sends.
///
/// Thread safety: all functions, from any thread.
template <class Bus>
class answer_sender : public std::enable_shared_from_this<answer_sender<Bus>> {
public:
    using serializer = typename Bus::serializer_type;

    answer_sender(Bus& from, hub_topics const& topics, hub_options const& options,
                  std::shared_ptr<hub_hooks const> hooks)
        : topics_(topics), patience_(options.request_timeout), hooks_(std::move(hooks)),
          bus_(std::make_shared<own_bus>(from.transport(), from.serializer())) {}

    /// An answer that is lost is told to the owner.
    void send(std::string const& to, std::uint64_t request, answer<serializer> given) {
        auto const by = open_bus();
        if (!by)
            return;
        auto const why = given.error;
        bool const is_bare = !given.value && given.text.empty();
        by->async_publish(
            topics_.control(to), frame_of(request, std::move(given)), wait_up_to{patience_},
            [self = this->shared_from_this(), to, request, why, is_bare](std::error_code error,
                                                                         std::size_t receivers) {
                if (!error && receivers == 0)
                    error = errc::unknown_server;
                if (!error || !self->open_bus())
                    return;
                if (is_bare || error == errc::timed_out || error == errc::unknown_server)
                    self->hooks_->notify(answer_lost{to, error});
                else // it cannot be encoded, or is too large: then at least that is said
                    self->send(to, request, {.error = why ? why : error});
            });
    }

    /// What waits is given up, without a word.
    void close() {
        std::shared_ptr<own_bus> ended; // after the lock
        std::lock_guard const lock(mutex_);
        ended.swap(bus_);
    }

private:
    using own_bus = bus<typename Bus::transport_type, serializer>;

    std::shared_ptr<own_bus> open_bus() const {
        std::lock_guard const lock(mutex_);
        return bus_;
    }

    hub_topics const topics_;
    std::chrono::milliseconds const patience_;
    std::shared_ptr<hub_hooks const> const hooks_;

    mutable std::mutex mutex_; // guards what follows
    std::shared_ptr<own_bus> bus_;
};

} // namespace hubbub::detail
