// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/sequenced/frame.hpp>
#include <hubbub/sequenced/receiver.hpp>
#include <hubbub/transport.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace hubbub::detail {

/// All of one process for one interest of a sequenced_core: takes the numbers off.
template <class Core>
class sequence_sink final : public sink {
public:
    sequence_sink(interest const& what, std::shared_ptr<Core> core)
        : number(++core->last_receiver_), name_(what.name), is_pattern_(what.is_pattern),
          core_(std::move(core)), receiver_(core_->options_, core_->id_, core_->dormant_, number) {}

    interest what() const noexcept {
        return is_pattern_ ? interest(pattern{name_}) : interest(name_);
    }

    bool activate() { return receiver_.activate(core_->timer_.now()); }
    void tick(sequence_clock::time_point now) { receiver_.tick(now); }
    void resume(sequence_clock::time_point now) { receiver_.resume(now); }
    sequence_clock::time_point deadline() const noexcept { return receiver_.deadline(); }
    /// Whoever subscribes from now on has another of these, which comes beside it for a while.
    void end() noexcept { ended_ = true; }

    void deliver(message_view const& message) noexcept override {
        if (ended_)
            return;
        auto const frame = sequence_frame::parse(message.payload);
        if (!frame)
            return core_->reject(message.topic);
        auto const v = receiver_.accept(message.topic, *frame, core_->timer_.now());
        core_->forget_by(receiver_.deadline());
        for (auto const& lost : {v.beginning, v.missing})
            if (lost.first != 0)
                core_->miss({message.topic, frame->stream, lost.first, lost.last});
        if (v.ask)
            core_->ask(message.topic);
        if (v.duplicate)
            core_->ledger_.duplicates.add();
        if (v.deliver)
            core_->table_.deliver(what(), {message.topic, frame->payload, {}});
    }

    std::uint64_t const number;

private:
    std::string const name_;
    bool const is_pattern_;
    std::shared_ptr<Core> const core_;
    sequence_receiver receiver_;
    std::atomic<bool> ended_ = false;
};

} // namespace hubbub::detail
