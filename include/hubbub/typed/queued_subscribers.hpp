// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/limits.hpp>
#include <hubbub/queue_options.hpp>
#include <hubbub/typed/bus_report.hpp>
#include <hubbub/typed/group.hpp>
#include <hubbub/typed/message_queue.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

// The subscribers with a queue: they call a sink later, or keep messages until they are asked for.
namespace hubbub::detail {

/// Calls the user's sink out of a queue, on an executor, one message at a time: another task of the
/// executor gets its turn between two of them.
template <class T, class Sink, class Executor>
class queued_subscriber final
    : public subscriber_of<T>,
      public std::enable_shared_from_this<queued_subscriber<T, Sink, Executor>> {
public:
    queued_subscriber(Sink sink, Executor executor, queue_options<T> options,
                      std::shared_ptr<bus_report> report, std::shared_ptr<memory_budget> budget)
        : sink_(std::move(sink)), executor_(std::move(executor)), report_(std::move(report)),
          queue_(std::move(options), report_, std::move(budget)) {}

    delivery call(std::string_view topic, T const& message, std::size_t bytes) override {
        if (!queue_.push(topic, message, bytes))
            return delivery::overrun;
        if (!running_.exchange(true)) {
            report_->begin_work();
            post();
        }
        return delivery::queued;
    }

    void end(std::error_code /*why*/) override {
        std::uint64_t abandoned = 0;
        while (queue_.take())
            ++abandoned;
        report_->abandoned.add(abandoned);
    }

private:
    void post() {
        asio::post(executor_, [self = this->shared_from_this()] { self->run(); });
    }

    void run() {
        auto next = this->active ? queue_.take() : std::nullopt;
        if (!next) {
            running_ = false;
            // A push that saw it run may have come since.
            if (this->active && !queue_.empty() && !running_.exchange(true))
                return post();
            return report_->end_work();
        }
        try {
            call_sink(sink_, next->topic, next->message);
            report_->delivered.add();
        } catch (...) { // whatever a sink throws is told to the bus's owner
            report_->sink_threw(next->topic);
        }
        post();
    }

    Sink sink_;
    Executor const executor_;
    std::shared_ptr<bus_report> const report_;
    message_queue<T> queue_;
    std::atomic<bool> running_ = false;
};

/// Keeps messages for a receiver.
template <class T>
class receiving_subscriber final : public subscriber_of<T> {
public:
    receiving_subscriber(queue_options<T> options, std::shared_ptr<bus_report> report,
                         std::shared_ptr<memory_budget> budget)
        : queue_(std::move(options), std::move(report), std::move(budget)) {}

    message_queue<T>& queue() noexcept { return queue_; }

    delivery call(std::string_view topic, T const& message, std::size_t bytes) override {
        return queue_.push(topic, message, bytes) ? delivery::queued : delivery::overrun;
    }

    void end(std::error_code error) override { queue_.close(error); }

private:
    message_queue<T> queue_;
};

} // namespace hubbub::detail
