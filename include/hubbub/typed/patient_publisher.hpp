// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/memory_budget.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/typed/bus_report.hpp>
#include <hubbub/typed/handler_gate.hpp>
#include <hubbub/typed/outgoing.hpp>

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

/// The publishes of one bus that wait for room in the transport's queue, in the order they came: the
/// transport is asked for room for the first of them. Other buses' are not waited for. Any thread; the transport is called without a lock, since it may run sinks.
template <class Transport>
class patient_publisher : public std::enable_shared_from_this<patient_publisher<Transport>> {
public:
    /// When the gate is shut after close, the transport is not called any more.
    patient_publisher(Transport& transport, std::shared_ptr<bus_report> report,
                      std::shared_ptr<handler_gate> gate)
        : transport_(&transport), budget_(transport.limits().budget), report_(std::move(report)),
          gate_(std::move(gate)), time_(report_->executor()) {}

    /// Publishes message, at once or when there is room. Waits for at_most, or with zero for as long
    /// as it takes; on_cancel(f) has f called to end the wait.
    template <class Outgoing, class OnCancel>
    void publish(std::string topic, Outgoing message, std::chrono::milliseconds at_most,
                 publish_completion done, OnCancel on_cancel) {
        auto const o = std::make_shared<operation_for<Outgoing>>(
            std::move(topic), at_most, std::move(message), std::move(done));
        std::unique_lock lock(mutex_);
        bool const first = waiting_.empty() && !attempting_;
        auto refused = closed_;
        if (!refused && !first && !may_wait(*o))
            refused = errc::queue_full;
        if (refused) {
            lock.unlock();
            return refuse(*o, refused);
        }
        if (!first) {
            waiting_.push_back(o);
            begin_to_wait(o);
        }
        on_cancel([weak = this->weak_from_this(), operation = std::weak_ptr<class operation>(o)] {
            auto const self = weak.lock();
            if (auto const present = operation.lock(); self && present)
                self->give_up(present, asio::error::operation_aborted);
        });
        if (first)
            attempt(lock, o);
    }

    /// Whether any wait: then nothing may overtake them. One that is attempted for the first time
    /// does not.
    bool waiting() const noexcept { return count_.load(std::memory_order_acquire) > 0; }

    /// Ends those that wait, and those that come.
    void close(std::error_code error) {
        std::deque<operation_ptr> ended;
        {
            std::lock_guard const lock(mutex_);
            closed_ = error;
            ended.swap(waiting_);
            awaited_.reset();
            for (auto const& o : ended)
                leave(*o);
        }
        for (auto const& o : ended)
            refuse(*o, error);
    }

private:
    class operation {
    public:
        operation(std::string t, std::chrono::milliseconds p, publish_completion d)
            : topic(std::move(t)), patience(p), done(std::move(d)) {}
        operation(operation const&) = delete;
        operation& operator=(operation const&) = delete;
        virtual ~operation() = default;

        virtual message_view view() = 0;
        std::size_t bytes() { return topic.size() + view().payload.size(); }

        std::string const topic;
        std::chrono::milliseconds const patience; // zero for ever
        publish_completion done;
        bool counted = false; // as waiting
        bool held = false;    // of the budget
        std::unique_ptr<timer> deadline;
        std::error_code given_up; // while it was being attempted
    };
    using operation_ptr = std::shared_ptr<operation>;

    template <class Outgoing>
    class operation_for final : public operation {
    public:
        operation_for(std::string t, std::chrono::milliseconds p, Outgoing message,
                      publish_completion d)
            : operation(std::move(t), p, std::move(d)), message_(std::move(message)) {}

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

    /// Whether one more may wait. All together are bounded as the queue is; the first may, always.
    bool may_wait(operation& o) {
        auto const& limits = transport_->limits();
        return waiting_.size() < limits.max_queue_messages &&
               report_->bytes_waiting + o.bytes() <= limits.max_queue_bytes && try_hold(o);
    }

    bool try_hold(operation& o) {
        if (!budget_ || o.held)
            return true;
        o.held = budget_->try_hold(o.bytes());
        return o.held;
    }

    void begin_to_wait(operation_ptr const& o) {
        if (std::exchange(o->counted, true))
            return; // it was put back before
        ++count_;
        ++report_->publishes_waiting;
        report_->bytes_waiting += o->bytes();
        try_hold(*o); // the first may wait without
        if (o->patience == std::chrono::milliseconds::zero())
            return;
        o->deadline = std::make_unique<timer>(report_->executor(), time_);
        o->deadline->expires_after(o->patience);
        o->deadline->async_wait(
            [weak = this->weak_from_this(), operation = std::weak_ptr(o)](std::error_code error) {
                auto const self = weak.lock();
                if (auto const present = operation.lock(); !error && self && present)
                    self->give_up(present, errc::timed_out);
            });
    }

    void give_up(operation_ptr const& o, std::error_code why) {
        std::unique_lock lock(mutex_);
        auto const at = std::find(waiting_.begin(), waiting_.end(), o);
        if (at == waiting_.end()) {
            o->given_up = why;
            return;
        }
        waiting_.erase(at);
        leave(*o);
        if (waiting_.empty())
            awaited_.reset();
        lock.unlock();
        refuse(*o, why);
        lock.lock();
        // There may be room for the one behind it, if that is smaller.
        if (!attempting_ && !waiting_.empty() && awaited_ && waiting_.front()->bytes() < *awaited_)
            attempt(lock, take_front());
    }

    operation_ptr take_front() {
        if (waiting_.empty())
            return nullptr;
        auto front = std::move(waiting_.front());
        waiting_.pop_front();
        return front;
    }

    /// Publishes next, and those at the front after it, until one finds no room. What a publish
    /// throws, since there is no memory or an object cannot be copied, ends that one alone: its
    /// handler goes unused.
    void attempt(std::unique_lock<std::mutex>& lock, operation_ptr next) {
        handler_gate::stay const stay(*gate_); // after close it is in vain, and nothing waits
        attempting_ = true;
        try {
            publish_all(lock, next);
        } catch (...) {
            if (!lock.owns_lock())
                lock.lock();
            leave(*next);
            attempting_ = false;
            wait_for_room();
            throw;
        }
        attempting_ = false;
        wait_for_room();
    }

    void publish_all(std::unique_lock<std::mutex>& lock, operation_ptr& next) {
        for (; next; next = take_front()) {
            lock.unlock();
            bool const full = !publish_now(next);
            lock.lock();
            auto const why = closed_ ? closed_ : next->given_up;
            if (full && !why) {
                begin_to_wait(next);
                waiting_.push_front(std::move(next));
                break;
            }
            leave(*next);
            if (full) {
                lock.unlock();
                refuse(*next, why);
                lock.lock();
            }
        }
    }

    /// False if there was no room.
    bool publish_now(operation_ptr const& o) {
        // A refusal for lack of room is answered too, perhaps before it is known here that it was
        // refused; and what was accepted may find no room further on.
        enum class fate { open, accepted, in_vain, no_room };
        auto const known = std::make_shared<std::atomic<fate>>(fate::open);
        auto answer = [o, known](std::error_code error, std::size_t servers) {
            if (error != errc::queue_full || known->exchange(fate::no_room) == fate::accepted)
                o->done(error, servers);
        };
        auto message = o->view();
        message.counted = accounting::attempt;
        auto const bytes = message.payload.size();
        std::error_code const refused =
            transport_->publish(message, {report_->executor(), std::move(answer)});
        bool const full = refused == errc::queue_full;
        if (known->exchange(full ? fate::in_vain : fate::accepted) == fate::no_room && !full)
            o->done(errc::queue_full, 0);
        if (!full)
            report_->on_publish(o->topic, bytes, refused);
        return !full;
    }

    /// Has the transport tell when there is room for the front.
    void wait_for_room() {
        if (waiting_.empty())
            return awaited_.reset();
        auto const bytes = waiting_.front()->bytes();
        if (awaited_ && *awaited_ <= bytes)
            return; // that is told before
        awaited_ = std::make_shared<std::size_t const>(bytes);
        room_handler told{this->weak_from_this(), awaited_};
        transport_->wait_for_room(bytes, {report_->executor(), std::move(told)});
    }

    /// What the transport tells that there is room. It is not wanted any more when who waited gave
    /// up, or a later wait is for less.
    struct room_handler {
        std::weak_ptr<patient_publisher> publisher;
        std::weak_ptr<std::size_t const> wait;

        bool is_wanted() const noexcept { return !wait.expired(); }

        void operator()(std::error_code error) const {
            auto const self = publisher.lock();
            if (self && error)
                self->close(error);
            else if (self)
                self->on_room(wait.lock());
        }
    };

    void on_room(std::shared_ptr<std::size_t const> const& wait) {
        std::unique_lock lock(mutex_);
        if (!wait || wait != awaited_)
            return;
        awaited_.reset();
        if (!attempting_)
            attempt(lock, take_front());
    }

    void leave(operation& o) {
        o.deadline.reset();
        if (!std::exchange(o.counted, false))
            return;
        --count_;
        --report_->publishes_waiting;
        report_->bytes_waiting -= o.bytes();
        if (std::exchange(o.held, false))
            budget_->release(o.bytes());
    }

    /// Without the lock, since the trace is told.
    void refuse(operation& o, std::error_code error) {
        auto const bytes = o.view().payload.size();
        report_->refused_here.add();
        o.done(error, 0);
        report_->on_publish(o.topic, bytes, error);
    }

    Transport* const transport_;
    std::shared_ptr<memory_budget> const budget_;
    std::shared_ptr<bus_report> const report_;
    std::shared_ptr<handler_gate> const gate_;
    time_source const time_;
    std::atomic<std::size_t> count_ = 0;

    std::mutex mutex_; // guards what follows
    std::deque<operation_ptr> waiting_;
    bool attempting_ = false;
    std::shared_ptr<std::size_t const> awaited_; // the room that the transport is to tell of
    std::error_code closed_;
};

} // namespace hubbub::detail
