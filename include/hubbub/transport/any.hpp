// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/transport_interface.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/transport.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub {

/// A transport that is chosen at run time: what is written against it compiles once for all of
/// them. A handle on the transport that it was made of.
///
/// Delivery, ordering, errors, thread safety: those of the transport it holds, which promised()
/// tells; its static traits are what all of them promise. It carries bytes, never objects.
/// Complexity:    a virtual call more for each function.
///
/// @code
/// auto transport = url.empty()
///     ? hubbub::any_transport{hubbub::local_transport{executor, broker}}
///     : hubbub::any_transport{hubbub::redis_transport{executor, url}};
/// hubbub::bus bus{transport, hubbub::json_serializer{}};
/// @endcode
class any_transport {
public:
    static constexpr transport_traits traits{.serial_delivery = false,
                                             .counts_receivers = false,
                                             .patterns = pattern_support::none,
                                             .max_name_bytes = 0,
                                             .max_payload_bytes = 0};

    template <class T>
        requires(!std::same_as<T, any_transport> && transport<T>)
    explicit any_transport(T chosen)
        : held_(std::make_shared<detail::transport_model<T>>(std::move(chosen))) {}

    /// The traits of the transport that it holds.
    transport_traits promised() const noexcept {
        auto promised = held_->promised();
        promised.carries_objects = false;
        return promised;
    }

    asio::any_io_executor get_executor() const { return held_->get_executor(); }

    std::error_code publish(message_view const& message, publish_completion done = {}) {
        return held_->publish(message, std::move(done));
    }

    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion done = {}) {
        return held_->subscribe(what, s, std::move(done));
    }

    void unsubscribe(topic_filter const& what, message_sink const& s) noexcept {
        held_->unsubscribe(what, s);
    }

    std::shared_ptr<void> observe(observer o) { return held_->observe(std::move(o)); }

    link_state state() const { return held_->state(); }

    hubbub::statistics statistics() const { return held_->statistics(); }

    message_limits const& limits() const noexcept { return held_->limits(); }

    void wait_for_room(std::size_t bytes, completion<std::error_code> done) {
        held_->wait_for_room(bytes, std::move(done));
    }

    void flush(completion<std::error_code> done) { held_->flush(std::move(done)); }

    void drain(completion<std::error_code> done) { held_->drain(std::move(done)); }

    void close() noexcept { held_->close(); }

private:
    std::shared_ptr<detail::transport_interface> held_;
};

static_assert(transport<any_transport>);

} // namespace hubbub
