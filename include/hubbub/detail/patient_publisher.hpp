// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/bus_report.hpp>
#include <hubbub/detail/completion.hpp>
#include <hubbub/detail/outgoing.hpp>
#include <hubbub/detail/timer.hpp>
#include <hubbub/error.hpp>
#include <hubbub/transport.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// The publishes of one bus that wait for room in the transport's queue, in the order they came.
/// Any thread; the transport is called without a lock, since it may run sinks.
template <class Transport>
class patient_publisher : public std::enable_shared_from_this<patient_publisher<Transport>> {
public:
    patient_publisher(Transport& transport, std::shared_ptr<bus_report> report)
        : transport_(&transport), report_(std::move(report)), time_(report_->executor()) {}

    /// Publishes message, at once or when there is room. Waits for at_most, or with zero for as long
    /// as it takes; on_cancel(f) has f called to end the wait.
    template <class Outgoing, class OnCancel>
    void publish(std::string topic, Outgoing message, std::chrono::milliseconds at_most,
                 publish_completion done, OnCancel on_cancel) {
        auto const o = std::make_shared<operation_for<Outgoing>>(
            std::move(topic), std::move(message), std::move(done));
        std::unique_lock lock(mutex_);
        if (closed_)
            return end_unseen(*o, closed_);
        bool const first = waiting_.empty() && !attempting_;
        if (!first && waiting_.size() >= transport_->limits().max_queue_messages)
            return end_unseen(*o, errc::queue_full);
        wait(o, at_most);
        on_cancel([weak = this->weak_from_this(), operation = std::weak_ptr<class operation>(o)] {
            auto const self = weak.lock();
            if (auto const present = operation.lock(); self && present)
                self->give_up(present, asio::error::operation_aborted);
        });
        if (first)
            attempt(lock);
    }

    /// Whether any wait: then nothing may overtake them.
    bool waiting() const noexcept { return count_.load(std::memory_order_acquire) > 0; }

    /// Ends those that wait, and those that come.
    void close(std::error_code error) {
        std::lock_guard const lock(mutex_);
        closed_ = error;
        for (auto const& o : std::exchange(waiting_, {}))
            end(*o, error);
    }

private:
    class operation {
    public:
        operation(std::string t, publish_completion d) : topic(std::move(t)), done(std::move(d)) {}
        operation(operation const&) = delete;
        operation& operator=(operation const&) = delete;
        virtual ~operation() = default;

        virtual message_view view() = 0;
        std::size_t bytes() { return topic.size() + view().payload.size(); }

        std::string const topic;
        publish_completion done;
        std::unique_ptr<timer> deadline;
        std::error_code given_up; // while it was being attempted
    };
    using operation_ptr = std::shared_ptr<operation>;

    template <class Outgoing>
    class operation_for final : public operation {
    public:
        operation_for(std::string t, Outgoing message, publish_completion d)
            : operation(std::move(t), std::move(d)), message_(std::move(message)) {}

        message_view view() override {
            if constexpr (requires { *message_.object; })
                return {
                    this->topic, {}, as_object(std::as_const(*message_.object))}; // may be refused
            else
                return {this->topic, message_.bytes, {}};
        }

    private:
        Outgoing message_;
    };

    void wait(operation_ptr const& o, std::chrono::milliseconds at_most) {
        waiting_.push_back(o);
        ++count_;
        ++report_->publishes_waiting;
        report_->bytes_waiting += o->bytes();
        if (at_most == std::chrono::milliseconds::zero())
            return;
        o->deadline = std::make_unique<timer>(report_->executor(), time_);
        o->deadline->expires_after(at_most);
        o->deadline->async_wait(
            [weak = this->weak_from_this(), operation = std::weak_ptr(o)](std::error_code error) {
                auto const self = weak.lock();
                if (auto const present = operation.lock(); !error && self && present)
                    self->give_up(present, errc::timed_out);
            });
    }

    void give_up(operation_ptr const& o, std::error_code why) {
        std::lock_guard const lock(mutex_);
        auto const at = std::find(waiting_.begin(), waiting_.end(), o);
        if (at == waiting_.end()) {
            o->given_up = why;
            return;
        }
        waiting_.erase(at);
        end(*o, why);
    }

    /// Publishes those at the front, until one finds no room.
    void attempt(std::unique_lock<std::mutex>& lock) {
        attempting_ = true;
        while (!waiting_.empty()) {
            auto const o = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            // Its answer comes by a completion of its own: a refusal for lack of room is no answer.
            auto answer = [o](std::error_code error, std::size_t servers) {
                if (error != errc::queue_full)
                    o->done(error, servers);
            };
            bool const full =
                transport_->publish(o->view(), {report_->executor(), std::move(answer)}) ==
                errc::queue_full;
            lock.lock();
            if (!full) {
                leave(*o);
                continue;
            }
            report_->retried.add();
            if (o->given_up || closed_) {
                end(*o, closed_ ? closed_ : o->given_up);
                continue;
            }
            waiting_.push_front(o);
            break;
        }
        attempting_ = false;
        if (waiting_.empty())
            return;
        transport_->wait_for_room(
            waiting_.front()->bytes(),
            {report_->executor(), [weak = this->weak_from_this()](std::error_code error) {
                 auto const self = weak.lock();
                 if (!self)
                     return;
                 if (error)
                     return self->close(error);
                 std::unique_lock taken(self->mutex_);
                 if (!self->attempting_)
                     self->attempt(taken);
             }});
    }

    void leave(operation& o) {
        o.deadline.reset();
        --count_;
        --report_->publishes_waiting;
        report_->bytes_waiting -= o.bytes();
    }

    void end(operation& o, std::error_code error) {
        leave(o);
        end_unseen(o, error);
    }

    void end_unseen(operation& o, std::error_code error) {
        report_->refused_here.add();
        o.done(error, 0);
    }

    Transport* const transport_;
    std::shared_ptr<bus_report> const report_;
    time_source const time_;
    std::atomic<std::size_t> count_ = 0;

    std::mutex mutex_; // guards what follows
    std::deque<operation_ptr> waiting_;
    bool attempting_ = false;
    std::error_code closed_;
};

} // namespace hubbub::detail
