// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/calls/hooks.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>
#include <hubbub/hub/options.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace hubbub::detail {

/// Sends answers to the servers that asked. Where the queue is full they wait for room, on a bus of
/// their own, so that they keep back neither beacons nor the owner's calls.
///
/// Thread safety: all functions, from any thread.
class answer_sender : public std::enable_shared_from_this<answer_sender> {
public:
    answer_sender(frame_bus const& from, hub_topics const& topics, hub_options const& options,
                  std::shared_ptr<hub_hooks const> hooks);
    answer_sender(answer_sender const&) = delete;
    answer_sender& operator=(answer_sender const&) = delete;
    ~answer_sender() { close(); }

    /// An answer that is lost is told to the owner.
    void send(std::string const& to, std::uint64_t request, answer given);

    /// Gives up the answers that wait, and tells nobody.
    void close();

private:
    frame_bus const bus_;
    hub_topics const topics_;
    std::chrono::milliseconds const patience_;
    std::shared_ptr<hub_hooks const> const hooks_;
    std::atomic<bool> open_ = true;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/rpc/impl/answer_sender.ipp>
#endif
