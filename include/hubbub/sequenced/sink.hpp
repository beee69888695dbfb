// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/sequenced/frame.hpp>
#include <hubbub/sequenced/receiver.hpp>
#include <hubbub/transport.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace hubbub::detail {

class sequenced_core;

/// All of one process for one filter of a sequenced_core: takes the numbers off.
class sequence_sink final : public message_sink {
public:
    sequence_sink(topic_filter const& what, std::shared_ptr<sequenced_core> core);

    topic_filter const& what() const noexcept { return what_; }

    bool activate();
    void tick(sequence_clock::time_point now) { receiver_.tick(now); }
    void resume(sequence_clock::time_point now) { receiver_.resume(now); }
    sequence_clock::time_point deadline() const noexcept { return receiver_.deadline(); }
    /// Whoever subscribes from now on has another of these, which comes beside it for a while.
    void end() noexcept { ended_ = true; }

    void deliver(message_view const& message) noexcept override;

    std::uint64_t const number;

private:
    topic_filter const what_;
    std::shared_ptr<sequenced_core> const core_;
    sequence_receiver receiver_;
    std::atomic<bool> ended_ = false;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/sequenced/impl/sink.ipp>
#endif
