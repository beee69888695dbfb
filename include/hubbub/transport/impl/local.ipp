// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/last_handle.hpp>
#include <hubbub/local/endpoint.hpp>
#include <hubbub/transport/local.hpp>

#include <utility>

namespace hubbub {

HUBBUB_DECL local_broker::local_broker() : exchange_(std::make_shared<detail::local_exchange>()) {}

HUBBUB_DECL
basic_local_transport::basic_local_transport(detail::executor_argument executor,
                                             local_broker const& broker,
                                             local_options const& options, bool immediate)
    : endpoint_(detail::closed_with_the_last_handle(std::make_shared<detail::local_endpoint>(
          std::move(executor.any), broker.exchange_, options.limits, immediate))) {
    endpoint_->attach();
}

HUBBUB_DECL local_transport::local_transport(detail::executor_argument executor,
                                             local_broker const& broker,
                                             local_options const& options)
    : basic_local_transport(std::move(executor), broker, options, false) {}

HUBBUB_DECL immediate_local_transport::immediate_local_transport(detail::executor_argument executor,
                                                                 local_broker const& broker,
                                                                 local_options const& options)
    : basic_local_transport(std::move(executor), broker, options, true) {}

HUBBUB_DECL asio::any_io_executor basic_local_transport::get_executor() const {
    return endpoint_->executor();
}

HUBBUB_DECL std::error_code basic_local_transport::publish(message_view const& message,
                                                           publish_completion done) {
    return endpoint_->publish(message, std::move(done));
}

HUBBUB_DECL std::error_code basic_local_transport::subscribe(topic_filter const& what,
                                                             std::shared_ptr<message_sink> const& s,
                                                             subscribe_completion done) {
    return endpoint_->subscribe(what, s, std::move(done));
}

HUBBUB_DECL void basic_local_transport::unsubscribe(topic_filter const& what,
                                                    message_sink const& s) noexcept {
    endpoint_->unsubscribe(what, s);
}

HUBBUB_DECL std::shared_ptr<void> basic_local_transport::observe(observer o) {
    return endpoint_->listeners().add(std::move(o));
}

HUBBUB_DECL link_state basic_local_transport::state() const noexcept {
    return endpoint_->closed() ? link_state::closed : link_state::whole;
}

HUBBUB_DECL hubbub::statistics basic_local_transport::statistics() const {
    return endpoint_->read_statistics();
}

HUBBUB_DECL message_limits const& basic_local_transport::limits() const noexcept {
    return endpoint_->limits();
}

HUBBUB_DECL void basic_local_transport::wait_for_room(std::size_t bytes,
                                                      completion<std::error_code> done) {
    endpoint_->wait_for_room(bytes, std::move(done));
}

HUBBUB_DECL void basic_local_transport::flush(completion<std::error_code> done) {
    endpoint_->flush(std::move(done));
}

HUBBUB_DECL void basic_local_transport::drain(completion<std::error_code> done) {
    endpoint_->drain(std::move(done));
}

HUBBUB_DECL void basic_local_transport::close() noexcept {
    endpoint_->close();
}

} // namespace hubbub
