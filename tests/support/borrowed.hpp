// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace support {

/// A handle on a transport of a test's own, which outlives it.
template <class T>
class borrowed {
public:
    static constexpr hubbub::transport_traits traits = T::traits;

    borrowed(T& transport) : transport_(&transport) {} // NOLINT(google-explicit-constructor)

    asio::any_io_executor get_executor() const { return transport_->get_executor(); }
    std::error_code publish(hubbub::message_view const& m, hubbub::publish_completion done) {
        return transport_->publish(m, std::move(done));
    }
    std::error_code subscribe(hubbub::topic_filter const& what,
                              std::shared_ptr<hubbub::message_sink> const& s,
                              hubbub::subscribe_completion done) {
        return transport_->subscribe(what, s, std::move(done));
    }
    void unsubscribe(hubbub::topic_filter const& what, hubbub::message_sink const& s) noexcept {
        transport_->unsubscribe(what, s);
    }
    std::shared_ptr<void> observe(hubbub::observer o) { return transport_->observe(std::move(o)); }
    hubbub::link_state state() const { return transport_->state(); }
    hubbub::statistics statistics() const { return transport_->statistics(); }
    hubbub::message_limits const& limits() const noexcept { return transport_->limits(); }
    void wait_for_room(std::size_t bytes, hubbub::completion<std::error_code> done) {
        transport_->wait_for_room(bytes, std::move(done));
    }
    void flush(hubbub::completion<std::error_code> done) { transport_->flush(std::move(done)); }
    void drain(hubbub::completion<std::error_code> done) { transport_->drain(std::move(done)); }
    void close() noexcept { transport_->close(); }

private:
    T* transport_;
};

} // namespace support
