// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/redis.hpp>

#include <hubbub/flow/last_handle.hpp>
#include <hubbub/redis/core.hpp>
#include <hubbub/redis/plain_stream.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub {

HUBBUB_DECL
basic_redis_transport::basic_redis_transport(std::shared_ptr<detail::redis_core> core)
    : core_(detail::closed_with_the_last_handle(std::move(core))) {}

HUBBUB_DECL asio::any_io_executor basic_redis_transport::get_executor() const {
    return core_->executor();
}

HUBBUB_DECL std::error_code basic_redis_transport::publish(message_view const& message,
                                                           publish_completion done) {
    return core_->publish(message, std::move(done));
}

HUBBUB_DECL std::error_code basic_redis_transport::subscribe(topic_filter const& what,
                                                             std::shared_ptr<message_sink> const& s,
                                                             subscribe_completion done) {
    return core_->subscribe(what, s, std::move(done));
}

HUBBUB_DECL void basic_redis_transport::unsubscribe(topic_filter const& what,
                                                    message_sink const& s) noexcept {
    core_->unsubscribe(what, s);
}

HUBBUB_DECL std::shared_ptr<void> basic_redis_transport::observe(observer o) {
    return core_->listeners().add(std::move(o));
}

HUBBUB_DECL link_state basic_redis_transport::state() const noexcept {
    return core_->state();
}

HUBBUB_DECL hubbub::statistics basic_redis_transport::statistics() const {
    return core_->read_statistics();
}

HUBBUB_DECL message_limits const& basic_redis_transport::limits() const noexcept {
    return core_->limits();
}

HUBBUB_DECL void basic_redis_transport::wait_for_room(std::size_t bytes,
                                                      completion<std::error_code> done) {
    core_->wait_for_room(bytes, std::move(done));
}

HUBBUB_DECL void basic_redis_transport::flush(completion<std::error_code> done) {
    core_->flush(std::move(done));
}

HUBBUB_DECL void basic_redis_transport::drain(completion<std::error_code> done) {
    core_->drain(std::move(done));
}

HUBBUB_DECL void basic_redis_transport::close() noexcept {
    core_->close();
}

HUBBUB_DECL redis_transport::redis_transport(detail::executor_argument const& executor,
                                             redis::options const& o)
    : basic_redis_transport(detail::redis_core::open(executor.any, o, redis::plain_streams)) {}

HUBBUB_DECL redis_transport::redis_transport(detail::executor_argument const& executor,
                                             std::string_view url)
    : redis_transport(executor, redis::parse_url(url)) {}

} // namespace hubbub
