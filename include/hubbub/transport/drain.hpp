// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/flow/transport_interface.hpp>
#include <hubbub/transport.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub {
namespace detail {

/// See async_drain.
void drain_and_close(std::shared_ptr<transport_interface> transport,
                     std::chrono::milliseconds at_most,
                     completion<std::error_code, std::uint64_t> done);

struct start_transport_drain {
    std::shared_ptr<transport_interface> transport;

    template <class Handler>
    void operator()(Handler handler, std::chrono::milliseconds at_most) const {
        drain_and_close(
            transport, at_most,
            cancellable_completion<std::uint64_t>(std::move(handler), transport->get_executor()));
    }
};

} // namespace detail

/// Ends a transport in good order: refuses publishes from now on, has what all its buses published
/// handed over and answered, and closes it. Completes with `void(std::error_code, std::uint64_t
/// undelivered)`: how many messages were discarded, displaced, or have an unknown outcome since the
/// call. bus::async_drain ends one bus and leaves the transport.
///
/// Errors:        timed_out if not all that was done at_most from now; closed, or what else ended the
///                transport; outcome_unknown if undelivered is not 0.
/// Cancellation:  terminal, partial and total; then it completes as asio::error::operation_aborted,
///                and the transport goes on to end.
/// Thread safety: may be called from any thread.
template <transport Transport, class Token = detail::no_token>
auto async_drain(Transport transport, std::chrono::milliseconds at_most, Token&& token = {}) {
    using signature = void(std::error_code, std::uint64_t);
    if constexpr (detail::check_token<Token, signature>()) {
        std::shared_ptr<detail::transport_interface> held(static_cast<detail::transport_interface*>(
            new detail::transport_model<Transport>(std::move(transport))));
        return asio::async_initiate<Token, signature>(
            detail::start_transport_drain{std::move(held)}, token, at_most);
    }
}

/// Does not compile.
template <transport Transport, std::integral Number, class Token>
auto async_drain(Transport const& /*transport*/, Number /*at_most*/, Token&& /*token*/) {
    static_assert(detail::never<Token>, "hubbub: the time of async_drain has a unit: "
                                        "std::chrono::seconds(30)");
}

/// Does not compile.
template <class Bus, class Token = detail::no_token>
    requires(!transport<Bus> && requires { typename Bus::serializer_type; })
auto async_drain(Bus const& /*bus*/, std::chrono::milliseconds /*at_most*/,
                 Token&& /*token*/ = {}) {
    static_assert(detail::never<Bus>, "hubbub: a bus is drained by its own function: "
                                      "bus.async_drain(time, token)");
}

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/transport/impl/drain.ipp>
#endif
