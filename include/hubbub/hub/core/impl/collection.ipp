// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/core/collection.hpp>

#include <hubbub/base/bounded.hpp>
#include <hubbub/error.hpp>

#include <algorithm>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL collection::collection(std::shared_ptr<rpc> asked,
                                   asio::any_io_executor const& executor, server_message what,
                                   std::chrono::milliseconds limit,
                                   completion<std::error_code, server_answers> done)
    : rpc_(std::move(asked)), executor_(executor), what_(std::move(what)), time_(executor),
      deadline_(time_.now() + bounded(limit)), done_(std::move(done)) {}

HUBBUB_DECL void collection::start() {
    ask();
    rpc_->when_met(left(), {executor_, [self = shared_from_this()](answer const& met) {
                                if (!met.error)
                                    self->ask();
                                if (met.error == errc::timed_out)
                                    self->add({}, met);
                                self->end_part(met.error);
                            }});
}

HUBBUB_DECL void collection::ask() {
    auto ids = rpc_->alive();
    {
        std::lock_guard const lock(mutex_);
        std::erase_if(ids, [&](auto const& id) { return !asked_.insert(id).second; });
        parts_ += ids.size();
    }
    for (auto const& id : ids)
        rpc_->ask_server(id, what_, left(),
                         {executor_, [self = shared_from_this(), id](answer const& given) {
                              self->add(id, given);
                              self->end_part(given.error);
                          }});
}

HUBBUB_DECL void collection::add(std::string const& id, answer const& given) {
    std::lock_guard const lock(mutex_);
    all_.emplace_back(id, given);
}

HUBBUB_DECL void collection::end_part(std::error_code error) {
    std::lock_guard const lock(mutex_);
    if (error == errc::closed)
        error_ = error;
    if (--parts_ != 0)
        return;
    std::sort(all_.begin(), all_.end(),
              [](auto const& a, auto const& b) { return a.first < b.first; });
    done_(error_, std::move(all_));
}

HUBBUB_DECL std::chrono::milliseconds collection::left() const {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline_ - time_.now());
}

} // namespace hubbub::detail
