// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/sequenced/sink.hpp>

#include <hubbub/sequenced/core.hpp>

#include <memory>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL sequence_sink::sequence_sink(topic_filter const& what,
                                         std::shared_ptr<sequenced_core> core)
    : number(++core->last_receiver_), what_(what), core_(std::move(core)),
      receiver_(core_->options_, core_->id_, core_->dormant_, number) {}

HUBBUB_DECL bool sequence_sink::activate() {
    return receiver_.activate(core_->timer_.now());
}

HUBBUB_DECL void sequence_sink::deliver(message_view const& message) noexcept {
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
        core_->table_.deliver(what_, {message.topic, frame->payload, {}});
}

} // namespace hubbub::detail
