// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/sequenced.hpp>

#include <hubbub/flow/limits.hpp>
#include <hubbub/sequenced/core.hpp>
#include <hubbub/sequenced/frame.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL sequenced_handle::sequenced_handle(std::unique_ptr<transport_interface> below,
                                               sequence_options const& options)
    : below_(std::move(below)), core_(std::make_shared<sequenced_core>(*below_, options)) {
    core_->start();
}

HUBBUB_DECL sequenced_handle::~sequenced_handle() {
    core_->stop();
}

HUBBUB_DECL std::error_code sequenced_handle::publish(message_view const& message,
                                                      publish_completion done) {
    return core_->publish(message, std::move(done));
}

HUBBUB_DECL std::error_code sequenced_handle::subscribe(interest const& what,
                                                        std::shared_ptr<sink> const& s,
                                                        subscribe_completion done) {
    return core_->subscribe(what, s, std::move(done));
}

HUBBUB_DECL void sequenced_handle::unsubscribe(interest const& what, sink const& s) noexcept {
    core_->unsubscribe(what, s);
}

HUBBUB_DECL std::shared_ptr<void> sequenced_handle::observe(observer o) {
    return core_->listeners().add(std::move(o));
}

HUBBUB_DECL hubbub::statistics sequenced_handle::statistics() const {
    return core_->read_statistics();
}

HUBBUB_DECL message_limits const& sequenced_handle::limits() const noexcept {
    return core_->limits();
}

HUBBUB_DECL void sequenced_handle::wait_for_room(std::size_t bytes,
                                                 completion<std::error_code> done) {
    // How long the number will be is not known yet: what may be too much, and fits where nothing
    // else waits, waits until nothing does.
    below_->wait_for_room(fitting(core_->limits(), bytes + sequence_frame::max_size),
                          std::move(done));
}

HUBBUB_DECL void sequenced_handle::close() noexcept {
    core_->stop();
    below_->close();
}

} // namespace hubbub::detail
