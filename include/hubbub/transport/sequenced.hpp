// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/flow/transport_interface.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/sequence_options.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub {
namespace detail {

class sequenced_core;

/// A `sequenced` of whatever transport.
class sequenced_handle {
public:
    /// The most bytes that stand before a payload.
    static constexpr std::size_t number_bytes = 37;

    asio::any_io_executor get_executor() const;

    std::error_code publish(message_view const& message, publish_completion done = {});
    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion done = {});
    void unsubscribe(topic_filter const& what, message_sink const& s) noexcept;
    std::shared_ptr<void> observe(observer o);

    link_state state() const;
    hubbub::statistics statistics() const;
    message_limits const& limits() const noexcept;

    void wait_for_room(std::size_t bytes, completion<std::error_code> done);

    /// As the transport below.
    void flush(completion<std::error_code> done);
    /// As the transport below.
    void drain(completion<std::error_code> done);

    /// Closes the transport below too.
    void close() noexcept;

protected:
    sequenced_handle(std::unique_ptr<transport_interface> below, sequence_options const& options);

private:
    class state_type;
    std::shared_ptr<state_type> state_;
};

} // namespace detail

/// A transport over another that numbers messages, so that no loss goes unnoticed.
///
/// Before each payload stand a stream (one publisher on one topic) and a number, readable in
/// redis-cli: `0f3a5c9e21000001 42 {"text":"hi"}`. A receiver that misses numbers is told by an
/// event gap, at the next message; a topic that falls idle gets beacons, so that the last message
/// is not missed unnoticed either; and after a reconnect the receiver asks for where the streams
/// stand. Duplicates are dropped. All who use a topic use the same framing: a payload without a
/// number is told as message_malformed.
///
/// Delivery:      as the transport below; each loss is known: what is neither delivered nor in a
///                gap is not lost, but for a stream that is older than the subscription until it is
///                heard of. A gap is never false: that a stream which is heard of late is newer than
///                the subscription is what its publisher says, who is asked.
/// Ordering, errors, thread safety: as the transport below.
/// Lifetime:      its copies are one transport, which keeps the one below.
/// Complexity:    about 25 bytes a message; a number a topic published on, and one for each of its
///                publishers, up to the bounds of sequence_options.
/// Source: the idea of numbers and beacons, zguide.zeromq.org, chapter 5.
template <class Transport>
class sequenced : public detail::sequenced_handle {
    static_assert(transport<Transport>, "hubbub: sequenced<Transport>: Transport does not model "
                                        "hubbub::transport; the notes below name what it lacks");
    static_assert(
        Transport::traits.serial_delivery || detail::promises_at_run_time<Transport>,
        "hubbub: sequenced<Transport>: this Transport may call sinks inside publish, before the "
        "number is given; use local_transport in place of immediate_local_transport");

public:
    static constexpr transport_traits traits = [] {
        auto promised = Transport::traits;
        promised.serial_delivery = true;
        promised.carries_objects = false;
        promised.max_payload_bytes -= std::min(promised.max_payload_bytes, number_bytes);
        return promised;
    }();

    /// `sequenced redis{redis_transport{io.get_executor(), url}, {.beacon_interval = 5s}};`
    /// Errors: throws std::invalid_argument if an option cannot work, naming it, or if the transport
    ///         in an any_transport may call sinks inside publish.
    explicit sequenced(Transport below, sequence_options const& options = {})
        : sequenced_handle(std::make_unique<detail::transport_model<Transport>>(std::move(below)),
                           options) {}
};

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/transport/impl/sequenced.ipp>
#endif
