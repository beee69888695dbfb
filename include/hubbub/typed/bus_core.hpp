// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/event.hpp>
#include <hubbub/flow/transport_interface.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/trace.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/typed/group.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>

namespace hubbub::detail {

class draining;
class patient_publisher;

/// The part that a bus and its subscriptions share, whatever types the bus has: publishing and
/// subscribing of bytes and of objects. It outlives the bus while a sink runs, or while somebody
/// keeps it, and can do nothing any more after close.
/// Thread safety: all functions, from any thread.
class bus_core : public std::enable_shared_from_this<bus_core> {
public:
    /// A group's subscriber that is to be active, and what keeps it there.
    struct joined {
        std::shared_ptr<detail::group> group;
        subscription membership;
    };

    using subscription_completion = completion<std::error_code, subscription>;

    /// Forwards the events of transport to its observer until close. The bus keeps the transport;
    /// the core does so only while it calls it. trace may be null.
    bus_core(std::shared_ptr<transport_interface> const& transport,
             std::shared_ptr<trace_interface> trace);
    bus_core(bus_core const&) = delete;
    bus_core& operator=(bus_core const&) = delete;
    virtual ~bus_core();

    /// Stops all subscriptions; their sinks do not start again.
    void close() noexcept;

    /// A second bus on the same transport, without trace and observer: what waits for room in one
    /// holds up no publish of the other. Null if the transport is gone.
    std::shared_ptr<bus_core> another() const;

    asio::any_io_executor const& executor() const noexcept { return executor_; }
    /// closed if the transport is gone.
    link_state state() const;
    /// Two cores with the same stand on one transport.
    void const* transport_id() const noexcept { return transport_id_; }
    bus_report& report() const noexcept { return *report_; }
    std::shared_ptr<bus_report> const& shared_report() const noexcept { return report_; }

    /// Whether a publish is likely to be refused here: refusal() says why.
    bool refuses() const noexcept { return counts_->refuses.load(std::memory_order_acquire); }
    /// queue_full while publishes wait for room, which nothing may overtake; closed after a drain
    /// has begun; else none.
    std::error_code refusal() const;

    /// Calls o with each event; replaces the observer before it.
    void set_observer(observer o);

    /// Calls o with each event of the transport until the pointer is gone.
    std::shared_ptr<void> observe(observer o) const;

    /// Publishes bytes or an object; see bus::publish and bus::async_publish. Refused as queue_full
    /// while other publishes of this bus wait for room.
    std::error_code publish(message_view const& message, publish_completion done = {});

    /// The same with what encoding it has said: an error refuses it.
    std::error_code publish_encoded(std::string_view topic, std::string_view bytes,
                                    std::error_code error, publish_completion done);

    /// The same, and waits for room where the queue is full: at most so long, with max for as long
    /// as it takes. See bus::async_publish with wait_up_to; on_cancel ends the wait.
    void publish_patiently(std::string topic, outgoing_message message,
                           std::chrono::milliseconds at_most, publish_completion done,
                           cancel_hook const& on_cancel = {});

    /// The transport never saw it: it counts here.
    std::error_code refuse(std::string_view topic, std::error_code error, publish_completion done);

    /// Calls sink for each message of a filter, as it came. An error that it returns is counted
    /// as malformed and told by message_malformed; what it throws is told as sink_failed. Completes
    /// as bus::async_subscribe does, with a subscription that keeps the sink.
    void async_subscribe(topic_filter const& what, raw_sink sink, subscription_completion done);

    /// Puts s into the group of this filter and type, which make makes; there is none if the bus
    /// is closed. typed is for make.
    joined join(topic_filter const& what, std::type_info const& type, group::maker make,
                void const* typed, std::shared_ptr<message_subscriber> s);

    /// Subscribes a group at the transport; done completes when it is active.
    std::error_code activate(joined const& place, subscribe_completion done);

    /// Both, for subscribe. If it is refused, error says why; without one, throws
    /// std::system_error.
    subscription join_at_once(topic_filter const& what, std::type_info const& type,
                              group::maker make, void const* typed,
                              std::shared_ptr<message_subscriber> s, std::error_code* error);

    /// Both, for async_subscribe. on_cancel ends it, and the subscription.
    void join_and_tell(topic_filter const& what, std::type_info const& type, group::maker make,
                       void const* typed, std::shared_ptr<message_subscriber> s,
                       subscription_completion done, cancel_hook const& on_cancel = {});

    /// Takes s out of g, and g out of the transport when it was the last.
    void remove(group& g, subscriber const& s);

    /// See bus::async_drain.
    void drain(std::chrono::milliseconds at_most, completion<std::error_code, std::uint64_t> done);

    statistics read_statistics() const;

private:
    void unsubscribe();
    bool stop();
    void finish_drain(draining& d, std::error_code error);

    std::weak_ptr<transport_interface> const transport_;
    void const* const transport_id_;
    asio::any_io_executor const executor_;
    std::shared_ptr<bus_report> const report_;
    bus_counts const* const counts_; // the report's
    std::shared_ptr<patient_publisher> const patient_;
    std::shared_ptr<void> observation_;

    std::mutex mutex_; // guards what follows
    bool open_ = true;
    bool stopped_ = false;
    struct group_map;
    std::shared_ptr<group_map> groups_; // null after stop
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/typed/impl/bus_core.ipp>
#include <hubbub/typed/impl/bus_core_group.ipp>
#endif
