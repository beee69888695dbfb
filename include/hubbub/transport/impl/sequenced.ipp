// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/sequenced.hpp>

#include <hubbub/flow/limits.hpp>
#include <hubbub/sequenced/core.hpp>
#include <hubbub/sequenced/frame.hpp>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace hubbub::detail {

static_assert(sequenced_handle::number_bytes == sequence_frame::max_size);

/// The part that the copies of a handle share; the core may outlive it, and is stopped by then.
class sequenced_handle::state_type {
public:
    state_type(std::unique_ptr<transport_interface> transport, sequence_options const& options)
        : below(std::move(transport)), core(std::make_shared<sequenced_core>(*below, options)) {
        core->start();
    }
    state_type(state_type const&) = delete;
    state_type& operator=(state_type const&) = delete;
    ~state_type() { core->stop(); }

    std::unique_ptr<transport_interface> const below;
    std::shared_ptr<sequenced_core> const core;
};

HUBBUB_DECL sequenced_handle::sequenced_handle(std::unique_ptr<transport_interface> below,
                                               sequence_options const& options) {
    if (!below->promised().serial_delivery)
        throw std::invalid_argument("sequenced: the transport below may call sinks inside publish");
    state_ = std::make_shared<state_type>(std::move(below), options);
}

HUBBUB_DECL asio::any_io_executor sequenced_handle::get_executor() const {
    return state_->below->get_executor();
}

HUBBUB_DECL link_state sequenced_handle::state() const {
    return state_->below->state();
}

HUBBUB_DECL void sequenced_handle::flush(completion<std::error_code> done) {
    state_->below->flush(std::move(done));
}

HUBBUB_DECL void sequenced_handle::drain(completion<std::error_code> done) {
    state_->below->drain(std::move(done));
}

HUBBUB_DECL std::error_code sequenced_handle::publish(message_view const& message,
                                                      publish_completion done) {
    return state_->core->publish(message, std::move(done));
}

HUBBUB_DECL std::error_code sequenced_handle::subscribe(topic_filter const& what,
                                                        std::shared_ptr<message_sink> const& s,
                                                        subscribe_completion done) {
    return state_->core->subscribe(what, s, std::move(done));
}

HUBBUB_DECL void sequenced_handle::unsubscribe(topic_filter const& what,
                                               message_sink const& s) noexcept {
    state_->core->unsubscribe(what, s);
}

HUBBUB_DECL std::shared_ptr<void> sequenced_handle::observe(observer o) {
    return state_->core->listeners().add(std::move(o));
}

HUBBUB_DECL hubbub::statistics sequenced_handle::statistics() const {
    return state_->core->read_statistics();
}

HUBBUB_DECL message_limits const& sequenced_handle::limits() const noexcept {
    return state_->core->limits();
}

HUBBUB_DECL void sequenced_handle::wait_for_room(std::size_t bytes,
                                                 completion<std::error_code> done) {
    // How long the number will be is not known yet: what may be too much, and fits where nothing
    // else waits, waits until nothing does.
    state_->below->wait_for_room(fitting(state_->core->limits(), bytes + sequence_frame::max_size),
                                 std::move(done));
}

HUBBUB_DECL void sequenced_handle::close() noexcept {
    state_->core->stop();
    state_->below->close();
}

} // namespace hubbub::detail
