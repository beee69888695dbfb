// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/timer.hpp>
#include <hubbub/base/virtual_clock.hpp>

#include <asio/steady_timer.hpp>

namespace hubbub::detail {

HUBBUB_DECL time_source::time_source(asio::any_io_executor const& executor)
    : virtual_(virtual_clock::of(executor)) {}

HUBBUB_DECL time_source::time_point time_source::now() const {
    return virtual_ == nullptr ? clock::now() : virtual_->now();
}

struct timer::real {
    explicit real(asio::any_io_executor const& executor) : timer(executor) {}
    asio::steady_timer timer;
};

/// The end of a wait, on the executor of its handler.
struct expired_wait {
    using executor_type = asio::any_io_executor;
    executor_type get_executor() const noexcept { return on; }

    void operator()(std::error_code error) {
        auto& ended = static_cast<operation_with<std::error_code>&>(*waiting);
        ended.results.put(error);
        if (ended.executor())
            ended.call(std::move(waiting));
        else
            ended.post(std::move(waiting));
    }

    std::unique_ptr<operation> waiting;
    asio::any_io_executor on;
};

HUBBUB_DECL timer::timer(asio::any_io_executor const& executor, time_source source)
    : executor_(executor), source_(source),
      real_(source.virtual_ == nullptr ? new real(executor) : nullptr) {}

HUBBUB_DECL timer::~timer() {
    cancel();
}

HUBBUB_DECL void timer::expires_at(time_point when) {
    cancel();
    expiry_ = when;
}

HUBBUB_DECL void timer::wait(completion<std::error_code> done) {
    if (source_.virtual_ != nullptr)
        return source_.virtual_->wait(this, expiry_, std::move(done));
    real_->timer.expires_at(expiry_);
    auto waiting = done.release();
    auto const& own = waiting->executor();
    auto on = own ? own : executor_;
    real_->timer.async_wait(expired_wait{std::move(waiting), std::move(on)});
}

HUBBUB_DECL void timer::cancel() {
    if (source_.virtual_ == nullptr)
        real_->timer.cancel();
    else
        source_.virtual_->cancel(this);
}

} // namespace hubbub::detail
