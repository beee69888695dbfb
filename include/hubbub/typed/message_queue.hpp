// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/queue_room.hpp>
#include <hubbub/memory_budget.hpp>
#include <hubbub/queue_options.hpp>
#include <hubbub/typed/bus_report.hpp>
#include <hubbub/typed/key_places.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// The bounded queue of one subscription: what was delivered and is not consumed yet. Any thread.
template <class T>
class message_queue {
public:
    using message_completion = completion<std::error_code, queued_message<T>>;

    message_queue(queue_options<T> options, std::shared_ptr<bus_report> report,
                  std::shared_ptr<memory_budget> budget)
        : options_(std::move(options)), report_(std::move(report)),
          room_(options_.max_bytes, options_.max_messages, std::move(budget)) {}
    message_queue(message_queue const&) = delete;
    message_queue& operator=(message_queue const&) = delete;
    ~message_queue() {
        report_->abandoned.add(items_.size());
        for (auto const& i : items_)
            forget(i);
    }

    /// False if that was one too many, and the queue is closed.
    bool push(std::string_view topic, T const& message, std::size_t bytes) {
        bytes += topic.size();
        auto key = options_.when_full != overflow_policy::latest_per_key ? std::string()
                   : options_.key ? options_.key(topic, message)
                                  : std::string(topic);
        // T is copied before the lock, and destroyed after it: what that does is T's affair.
        queued_message<T> fresh{std::string(topic), message};
        std::vector<queued_message<T>> fallen;
        std::lock_guard const lock(mutex_);
        if (closed_)
            return true; // it has ended already
        if (supersede(key, fresh, bytes))
            return true;
        while (!room_.try_enter(bytes)) {
            if (options_.when_full == overflow_policy::disconnect) {
                closed_ = errc::slow_consumer;
                report_->disconnected.add();
                report_->drop(report_->dropped_newest, topic);
                serve();
                return false;
            }
            if (options_.when_full == overflow_policy::drop_newest || !room_.attainable(bytes) ||
                items_.empty()) {
                report_->drop(report_->dropped_newest, topic);
                return true;
            }
            fallen.push_back(pop());
            report_->drop(report_->dropped_oldest, fallen.back().topic);
        }
        add({std::move(fresh), bytes, std::move(key)});
        serve();
        return true;
    }

    /// The oldest message, if there is any; or waits for the next. Completes with an error when the
    /// queue is closed and empty. Returns what cancel takes.
    std::uint64_t receive(message_completion done) {
        std::lock_guard const lock(mutex_);
        receivers_.push_back({++last_receiver_, std::move(done)});
        serve();
        return last_receiver_;
    }

    /// Ends a receive that still waits.
    void cancel(std::uint64_t number, std::error_code error) {
        std::lock_guard const lock(mutex_);
        auto const at = std::find_if(receivers_.begin(), receivers_.end(),
                                     [&](auto const& r) { return r.number == number; });
        if (at == receivers_.end())
            return;
        at->done(error, {});
        receivers_.erase(at);
    }

    bool empty() {
        std::lock_guard const lock(mutex_);
        return items_.empty();
    }

    /// The oldest message, for who consumes it at once.
    std::optional<queued_message<T>> take() {
        std::lock_guard const lock(mutex_);
        if (items_.empty())
            return std::nullopt;
        return pop();
    }

    /// Nothing is taken any more; what is queued is handed out before the error.
    void close(std::error_code error) {
        std::lock_guard const lock(mutex_);
        if (!closed_)
            closed_ = error;
        serve();
    }

private:
    struct item {
        queued_message<T> what;
        std::size_t bytes;
        std::string key;
    };

    struct receiver {
        std::uint64_t number;
        message_completion done;
    };

    /// Puts a message in the place of the one before of its key, if there is one and there is room:
    /// then fresh is that one.
    bool supersede(std::string const& key, queued_message<T>& fresh, std::size_t bytes) {
        if (options_.when_full != overflow_policy::latest_per_key)
            return false;
        auto const found = places_.find(key);
        if (!found)
            return false;
        auto& i = items_[*found - popped_];
        if (!room_.try_resize(i.bytes, bytes))
            return false; // as at any bound: it goes to the end, and the oldest ones go
        report_->superseded.add();
        report_->pending_bytes += bytes - i.bytes; // modulo 2⁶⁴
        std::swap(i.what, fresh);
        i.bytes = bytes;
        return true;
    }

    void add(item i) {
        if (options_.when_full == overflow_policy::latest_per_key)
            places_.put(i.key, popped_ + items_.size());
        ++report_->pending;
        report_->pending_bytes += i.bytes;
        items_.push_back(std::move(i));
        report_->depth.raise(items_.size(), room_.taken().bytes);
    }

    queued_message<T> pop() {
        auto i = std::move(items_.front());
        items_.pop_front();
        places_.erase(i.key, popped_);
        ++popped_;
        room_.leave(i.bytes);
        forget(i);
        return std::move(i.what);
    }

    void forget(item const& i) {
        --report_->pending;
        report_->pending_bytes -= i.bytes;
    }

    /// Brings messages, or the end, to those who wait.
    void serve() {
        while (!receivers_.empty() && (!items_.empty() || closed_)) {
            auto done = std::move(receivers_.front().done);
            receivers_.pop_front();
            if (items_.empty()) {
                done(closed_, {});
                continue;
            }
            report_->delivered.add();
            done({}, pop());
        }
    }

    queue_options<T> const options_;
    std::shared_ptr<bus_report> const report_;
    std::mutex mutex_; // guards what follows
    queue_room room_;
    std::deque<item> items_;
    std::uint64_t popped_ = 0;
    key_places places_; // of a key's message: how many were queued before it
    std::deque<receiver> receivers_;
    std::uint64_t last_receiver_ = 0;
    std::error_code closed_;
};

} // namespace hubbub::detail
