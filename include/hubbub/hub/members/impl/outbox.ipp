// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/outbox.hpp>

#include <hubbub/flow/queue_load.hpp>

#include <iterator>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL outbox::pushed outbox::push(shared_call message) {
    pushed result;
    auto const size = message.size();
    if (options_.when_full == overflow_policy::latest_per_key)
        drop_method(message, result.dropped);
    if (full(size)) {
        result.ends = options_.when_full == overflow_policy::disconnect;
        if (result.ends)
            result.dropped = take_all();
        if (result.ends || options_.when_full == overflow_policy::drop_newest) {
            result.dropped.push_back(std::move(message));
            return result;
        }
        while (full(size))
            drop(waiting_.begin(), result.dropped);
    }
    waiting_.push_back(std::move(message));
    bytes_ += size;
    if (options_.when_full == overflow_policy::latest_per_key)
        by_method_->emplace(waiting_.back().method(), std::prev(waiting_.end()));
    return result;
}

HUBBUB_DECL std::optional<shared_call> outbox::pop() {
    if (waiting_.empty())
        return {};
    forget(waiting_.front());
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
}

HUBBUB_DECL outbox::entries outbox::shed(std::size_t bytes) {
    entries dropped;
    for (auto const before = bytes_; before - bytes_ < bytes && !waiting_.empty();)
        drop(waiting_.begin(), dropped);
    return dropped;
}

HUBBUB_DECL outbox::entries outbox::take_all() {
    bytes_ = 0;
    by_method_.reset();
    return std::exchange(waiting_, {});
}

HUBBUB_DECL bool outbox::full(std::size_t more) const noexcept {
    return !queue_load{waiting_.size(), bytes_}.takes(more, options_.max_messages,
                                                      options_.max_bytes);
}

HUBBUB_DECL void outbox::drop_method(shared_call const& newer, entries& dropped) {
    if (!by_method_)
        by_method_ = std::make_unique<method_index>();
    if (auto const old = by_method_->find(newer.method()); old != by_method_->end())
        drop(old->second, dropped);
}

HUBBUB_DECL void outbox::drop(entries::iterator which, entries& dropped) {
    forget(*which);
    dropped.splice(dropped.end(), waiting_, which);
}

HUBBUB_DECL void outbox::forget(shared_call const& leaving) {
    bytes_ -= leaving.size();
    if (by_method_)
        by_method_->erase(leaving.method());
}

} // namespace hubbub::detail
