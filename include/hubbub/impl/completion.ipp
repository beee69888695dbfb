// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>

#include <asio/post.hpp>

namespace hubbub::detail {

HUBBUB_DECL operation::operation(asio::any_io_executor&& executor)
    : executor_(std::move(executor)),
      work_(asio::prefer(executor_, asio::execution::outstanding_work.tracked)) {}

HUBBUB_DECL void operation::post(std::unique_ptr<operation> self) {
    auto const executor = executor_; // self may run, and end, before post returns
    asio::post(executor, posted_operation{std::move(self)});
}

HUBBUB_DECL void post_shared(asio::any_io_executor const& executor, std::shared_ptr<void> object,
                             void (*call)(void*)) {
    struct posted {
        std::shared_ptr<void> object;
        void (*call)(void*);
        void operator()() { call(object.get()); }
    };
    asio::post(executor, posted{std::move(object), call});
}

} // namespace hubbub::detail
