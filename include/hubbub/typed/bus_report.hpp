// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/capacity_waiters.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/event.hpp>
#include <hubbub/flow/counter.hpp>
#include <hubbub/flow/drop_notice.hpp>
#include <hubbub/flow/event_target.hpp>
#include <hubbub/statistics.hpp>
#include <hubbub/trace.hpp>
#include <hubbub/typed/group.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>

namespace hubbub::detail {

/// Counts and reports for a bus: its own half of the statistics, its observer, and its trace if it
/// has one. Its subscriptions share it, and may outlive the bus. Any thread.
class bus_report : public event_target,
                   public bus_counts,
                   public std::enable_shared_from_this<bus_report> {
public:
    explicit bus_report(asio::any_io_executor executor,
                        std::shared_ptr<trace_interface> trace = nullptr);
    ~bus_report() override;

    void set_observer(observer o);
    void notify(event const& e) override;

    /// Whether on_publish does anything.
    bool tells_publish() const noexcept { return tells_publish_; }
    /// A publish was accepted, or refused.
    void on_publish(std::string_view topic, std::size_t bytes, std::error_code refused);
    /// A message was handed to so many subscriptions of one type.
    void on_delivery(std::string_view topic, std::size_t bytes, std::size_t sinks);

    /// A sink threw what is handled just now.
    void sink_threw(std::string_view topic);

    /// A message fell out of a queue.
    void drop(counter& reason, std::string_view topic);

    asio::any_io_executor const& executor() const noexcept { return executor_; }

    /// A sink begins to work off its queue, and has come to its end.
    void begin_work() noexcept { ++working_; }
    void end_work();

    /// Completes done when no sink works off a queue.
    void wait_until_idle(completion<std::error_code> done);
    /// Ends those who wait for that.
    void end_waiting_until_idle(std::error_code error);

    /// Adds what the bus counts to what its transport does.
    void add_to(statistics& s) const noexcept;

private:
    asio::any_io_executor const executor_;
    std::shared_ptr<trace_interface> const trace_;
    bool const tells_publish_;
    drop_notice drops_;
    std::atomic<std::size_t> working_ = 0;
    mutable std::mutex mutex_; // guards what follows
    std::shared_ptr<observer> observer_;
    capacity_waiters idle_;
    std::error_code idle_ended_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/typed/impl/bus_report.ipp>
#endif
