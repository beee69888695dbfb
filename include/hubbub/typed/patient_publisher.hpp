// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/flow/transport_interface.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/memory_budget.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/typed/bus_report.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>

namespace hubbub::detail {

/// The publishes of one bus that wait for room in the transport's queue, in the order they came:
/// the transport is asked for room for the first of them. Other buses' are not waited for. Any
/// thread; the transport is called without a lock, since it may run sinks.
class patient_publisher : public std::enable_shared_from_this<patient_publisher> {
public:
    /// The transport is kept only while it is called.
    patient_publisher(std::shared_ptr<transport_interface> const& transport,
                      std::shared_ptr<bus_report> report);

    /// Publishes message, at once or when there is room. Waits for at_most, or with max for as long
    /// as it takes, and at most until on_cancel says so; if that comes later, the outcome is
    /// unknown. While any wait, the report says how many.
    void publish(std::string topic, outgoing_message message, std::chrono::milliseconds at_most,
                 publish_completion done, cancel_hook const& on_cancel);

    /// Ends those that wait, and those that come.
    void close(std::error_code error);

    /// queue_full while any waits; why it was closed, once it is; else none.
    std::error_code refusal() const;

private:
    struct operation;
    using operation_ptr = std::shared_ptr<operation>;
    struct room_handler;

    bool may_wait(operation& o);
    bool try_hold(operation& o);
    void begin_to_wait(operation_ptr const& o);
    void give_up(operation_ptr const& o, std::error_code why);
    static void end_if_cancelled(operation& o);
    operation_ptr take_front();
    void attempt(std::unique_lock<std::mutex>& lock, operation_ptr next);
    void publish_all(std::unique_lock<std::mutex>& lock, operation_ptr& next);
    bool publish_now(operation_ptr const& o);
    void wait_for_room();
    void on_room(std::shared_ptr<std::size_t const> const& wait);
    void leave(operation& o);
    void refuse(operation& o, std::error_code error);

    std::weak_ptr<transport_interface> const transport_;
    message_limits const limits_;
    std::shared_ptr<bus_report> const report_;
    time_source const time_;

    mutable std::mutex mutex_; // guards what follows
    std::deque<operation_ptr> waiting_;
    bool attempting_ = false;
    std::shared_ptr<std::size_t const> awaited_; // the room that the transport is to tell of
    std::error_code closed_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/typed/impl/patient_publisher.ipp>
#endif
