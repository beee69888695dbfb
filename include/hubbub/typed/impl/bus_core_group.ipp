// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/typed/bus_core.hpp>
#include <hubbub/typed/bus_report.hpp>
#include <hubbub/typed/group.hpp>

#include <mutex>

namespace hubbub::detail {

HUBBUB_DECL std::shared_ptr<message_subscriber> shared(message_subscriber* s) {
    return std::shared_ptr<message_subscriber>(s);
}

HUBBUB_DECL group::group(topic_filter const& what, std::type_info const& type,
                         std::shared_ptr<bus_core> core)
    : what_(what), type_(&type), core_(std::move(core)), report_(&core_->report()),
      counts_(report_) {}

HUBBUB_DECL group::~group() = default;

HUBBUB_DECL void group::add(std::shared_ptr<message_subscriber> s) {
    std::unique_lock const lock(mutex_);
    entries_.write([&](auto& list) { list.push_back(std::move(s)); });
}

HUBBUB_DECL void group::remove(subscriber const& s) noexcept {
    core_->remove(*this, s);
}

HUBBUB_DECL bool group::erase(subscriber const& s) {
    std::unique_lock const lock(mutex_);
    entries_.write(
        [&](auto& list) { std::erase_if(list, [&](auto const& e) { return e.get() == &s; }); });
    return entries_.empty();
}

HUBBUB_DECL void group::deactivate() {
    auto const all = read(); // a temporary would not live through the loop
    for (auto const& s : *all) {
        s->active.store(false, std::memory_order_release);
        s->end(errc::closed);
    }
}

HUBBUB_DECL void group::reject(entries const& all, std::string_view topic, std::error_code reason) {
    report_->malformed.add(all.size());
    report_->notify(message_malformed{topic, reason});
}

HUBBUB_DECL void group::tell_delivery(std::string_view topic, std::size_t bytes,
                                      std::size_t sinks) {
    report_->on_delivery(topic, bytes, sinks);
}

HUBBUB_DECL void group::sink_threw(std::string_view topic) {
    report_->sink_threw(topic);
}

HUBBUB_DECL void group::disconnect(message_subscriber& s, std::string_view topic) {
    s.active.store(false, std::memory_order_release);
    core_->remove(*this, s);
    report_->notify(subscriber_disconnected{topic});
}

} // namespace hubbub::detail
