// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/light_executor.hpp>

#include <asio/buffer.hpp>
#include <asio/generic/stream_protocol.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace hubbub::redis {

/// Calls a function of an object that it keeps alive: when an operation of a link ends, or when its
/// executor has time. One type for all of them, so that Asio's part is compiled once, and small, so
/// that it is moved without an allocation.
class link_handler {
public:
    /// Function: a member function of Owner's that takes nothing, or a std::error_code and a number
    /// of bytes.
    template <auto Function, class Owner>
    static link_handler of(std::shared_ptr<Owner> owner) {
        return {std::move(owner), [](void* object, std::error_code error, std::size_t bytes) {
                    auto& called = *static_cast<Owner*>(object);
                    if constexpr (std::is_invocable_v<decltype(Function), Owner&>)
                        (called.*Function)();
                    else
                        (called.*Function)(error, bytes);
                }};
    }

    void operator()(std::error_code error = {}, std::size_t bytes = 0) const {
        call_(owner_.get(), error, bytes);
    }

private:
    using function = void (*)(void* owner, std::error_code error, std::size_t bytes);

    link_handler(std::shared_ptr<void> owner, function call)
        : owner_(std::move(owner)), call_(call) {}

    std::shared_ptr<void> owner_;
    function call_;
};

/// Carries the bytes of a link: over TCP or a unix socket, with TLS or without, or as a test does
/// it instead.
///
/// One connect, one read and one write at a time. A link calls it, and is called by it, on the
/// link's executor. Lifetime: a handler keeps the stream alive until it is called.
class stream {
public:
    using endpoint = asio::generic::stream_protocol::endpoint;

    stream() = default;
    stream(stream const&) = delete;
    stream& operator=(stream const&) = delete;
    virtual ~stream() = default;

    /// Connects to the first of endpoints that accepts; those that were tried in vain come last.
    virtual void async_connect(std::vector<endpoint> endpoints, link_handler done) = 0;
    /// The link is up: what was tried in vain before does not matter to the next async_connect.
    virtual void settle() noexcept = 0;

    virtual void async_read_some(asio::mutable_buffer buffer, link_handler done) = 0;
    /// Reports as written exactly the bytes that Redis may have read.
    virtual void async_write_some(asio::const_buffer buffer, link_handler done) = 0;

    /// Ends what is under way, with an error. Another async_connect may follow when it has ended.
    virtual void close() = 0;

    /// Translates an error of an operation for the user of a link.
    virtual std::error_code reason(std::error_code error) noexcept = 0;
};

/// Makes the streams of one transport, one for each of its links.
using stream_maker = std::function<std::unique_ptr<stream>(hubbub::detail::strand const&)>;

} // namespace hubbub::redis
