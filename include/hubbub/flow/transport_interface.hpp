// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// The functions of a transport of whatever type, as the concept has them: what calls a transport
/// through it is compiled once for all.
class transport_interface {
public:
    transport_interface() = default;
    transport_interface(transport_interface const&) = delete;
    transport_interface& operator=(transport_interface const&) = delete;
    virtual ~transport_interface() = default;

    virtual transport_traits promised() const noexcept = 0;
    virtual asio::any_io_executor get_executor() const = 0;
    virtual std::error_code publish(message_view const& message, publish_completion done) = 0;
    virtual std::error_code subscribe(topic_filter const& what,
                                      std::shared_ptr<message_sink> const& s,
                                      subscribe_completion done) = 0;
    virtual void unsubscribe(topic_filter const& what, message_sink const& s) noexcept = 0;
    virtual std::shared_ptr<void> observe(observer o) = 0;
    virtual link_state state() const = 0;
    virtual hubbub::statistics statistics() const = 0;
    virtual message_limits const& limits() const noexcept = 0;
    virtual void wait_for_room(std::size_t bytes, completion<std::error_code> done) = 0;
    virtual void flush(completion<std::error_code> done) = 0;
    virtual void drain(completion<std::error_code> done) = 0;
    virtual void close() noexcept = 0;
};

/// Holds a handle on a transport of type T, and calls it.
template <class T>
class transport_model final : public transport_interface {
public:
    explicit transport_model(T transport) : handle(std::move(transport)) {}

    transport_traits promised() const noexcept override { return traits_of(handle); }
    asio::any_io_executor get_executor() const override { return handle.get_executor(); }
    std::error_code publish(message_view const& message, publish_completion done) override {
        return handle.publish(message, std::move(done));
    }
    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion done) override {
        return handle.subscribe(what, s, std::move(done));
    }
    void unsubscribe(topic_filter const& what, message_sink const& s) noexcept override {
        handle.unsubscribe(what, s);
    }
    std::shared_ptr<void> observe(observer o) override { return handle.observe(std::move(o)); }
    link_state state() const override { return handle.state(); }
    hubbub::statistics statistics() const override { return handle.statistics(); }
    message_limits const& limits() const noexcept override { return handle.limits(); }
    void wait_for_room(std::size_t bytes, completion<std::error_code> done) override {
        handle.wait_for_room(bytes, std::move(done));
    }
    void flush(completion<std::error_code> done) override { handle.flush(std::move(done)); }
    void drain(completion<std::error_code> done) override { handle.drain(std::move(done)); }
    void close() noexcept override { handle.close(); }

    T handle;
};

} // namespace hubbub::detail
