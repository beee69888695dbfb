// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/outbox.hpp>

#include <algorithm>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL outbox::pushed outbox::push(shared_call message) {
    pushed result;
    auto const size = message.size();
    if (options_.when_full == overflow::latest_per_method)
        drop_method(message, result.dropped);
    if (full(size)) {
        result.ends = options_.when_full == overflow::disconnect;
        if (result.ends)
            result.dropped = take_all();
        if (result.ends || options_.when_full == overflow::drop_newest) {
            result.dropped.push_back(std::move(message));
            return result;
        }
        while (full(size))
            drop(waiting_.begin(), result.dropped);
    }
    waiting_.push_back(std::move(message));
    load_.add(size);
    return result;
}

HUBBUB_DECL std::optional<shared_call> outbox::pop() {
    if (waiting_.empty())
        return {};
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    load_.remove(first.size());
    return first;
}

HUBBUB_DECL outbox::entries outbox::shed(std::size_t bytes) {
    entries dropped;
    for (auto const before = load_.bytes; before - load_.bytes < bytes && !waiting_.empty();)
        drop(waiting_.begin(), dropped);
    return dropped;
}

HUBBUB_DECL outbox::entries outbox::take_all() {
    load_ = {};
    return std::exchange(waiting_, {});
}

HUBBUB_DECL bool outbox::full(std::size_t more) const noexcept {
    return !load_.takes(more, options_.max_messages, options_.max_bytes);
}

HUBBUB_DECL void outbox::drop_method(shared_call const& newer, entries& dropped) {
    auto const old = std::find_if(waiting_.begin(), waiting_.end(), [&](shared_call const& c) {
        return c.method() == newer.method();
    });
    if (old != waiting_.end())
        drop(old, dropped);
}

HUBBUB_DECL void outbox::drop(entries::iterator which, entries& dropped) {
    load_.remove(which->size());
    dropped.splice(dropped.end(), waiting_, which);
}

} // namespace hubbub::detail
