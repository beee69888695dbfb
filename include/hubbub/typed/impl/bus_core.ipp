// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/draining.hpp>
#include <hubbub/typed/bus_core.hpp>
#include <hubbub/typed/bus_report.hpp>
#include <hubbub/typed/patient_publisher.hpp>
#include <hubbub/typed/raw_group.hpp>

#include <asio/error.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace hubbub::detail {

/// A subscription that is not active yet, until it is taken. Any thread.
class pending_membership {
public:
    explicit pending_membership(subscription s) : held_(std::move(s)) {}

    subscription take() {
        std::lock_guard const lock(mutex_);
        return std::exchange(held_, {});
    }

private:
    std::mutex mutex_;
    subscription held_;
};

/// Hands a subscription to who asked for it, when the transport says that it is active.
class activation final : public operation_with<std::error_code> {
public:
    activation(bus_core::subscription_completion done,
               std::shared_ptr<pending_membership> membership)
        : done_(std::move(done)), membership_(std::move(membership)) {}

    bool is_wanted() const noexcept override { return true; }
    void post(std::unique_ptr<operation> /*self*/) override {
        done_(results.take().only, membership_->take()); // which posts
    }
    void call(std::unique_ptr<operation> /*self*/) override {}

private:
    bus_core::subscription_completion done_;
    std::shared_ptr<pending_membership> const membership_;
};

/// The groups by the names of their filters.
struct bus_core::group_map {
    using map = std::multimap<std::string, std::shared_ptr<group>, std::less<>>;

    map::iterator find(group const& g) {
        auto [at, last] = all.equal_range(g.what().name);
        while (at != last && at->second.get() != &g)
            ++at;
        return at == last ? all.end() : at;
    }

    map all;
};

HUBBUB_DECL bus_core::bus_core(std::shared_ptr<transport_interface> const& transport,
                               std::shared_ptr<trace_interface> trace)
    : transport_(transport), transport_id_(&transport->limits()),
      executor_(transport->get_executor()),
      report_(std::make_shared<bus_report>(executor_, std::move(trace))), counts_(report_.get()),
      patient_(std::make_shared<patient_publisher>(transport, report_)),
      groups_(std::make_shared<group_map>()) {
    observation_ = transport->observe([weak = std::weak_ptr(report_)](event const& e) {
        if (auto const report = weak.lock())
            report->notify(e);
    });
}

HUBBUB_DECL bus_core::~bus_core() = default;

HUBBUB_DECL void bus_core::close() noexcept {
    stop();
    patient_->close(errc::closed);
}

HUBBUB_DECL std::shared_ptr<bus_core> bus_core::another() const {
    auto const transport = transport_.lock();
    return transport ? std::make_shared<bus_core>(transport, nullptr) : nullptr;
}

HUBBUB_DECL std::error_code bus_core::refusal() const {
    return patient_->refusal();
}

HUBBUB_DECL link_state bus_core::state() const {
    auto const transport = transport_.lock();
    return transport ? transport->state() : link_state::closed;
}

HUBBUB_DECL std::shared_ptr<void> bus_core::observe(observer o) const {
    auto const transport = transport_.lock();
    return transport ? transport->observe(std::move(o)) : nullptr;
}

HUBBUB_DECL void bus_core::set_observer(observer o) {
    report_->set_observer(std::move(o));
}

HUBBUB_DECL std::error_code bus_core::publish(message_view const& message,
                                              publish_completion done) {
    if (refuses())
        if (auto const error = refusal())
            return refuse(message.topic, error, std::move(done));
    auto const transport = transport_.lock();
    if (!transport)
        return refuse(message.topic, errc::closed, std::move(done));
    if (!report_->tells_publish())
        return transport->publish(message, std::move(done));
    std::string const topic(message.topic); // a sink may destroy what it is a view of
    auto const bytes = message.payload.size();
    auto const report = report_; // and the bus
    auto const refused = transport->publish(message, std::move(done));
    report->on_publish(topic, bytes, refused);
    return refused;
}

HUBBUB_DECL std::error_code bus_core::publish_encoded(std::string_view topic,
                                                      std::string_view bytes, std::error_code error,
                                                      publish_completion done) {
    if (error)
        return refuse(topic, error, std::move(done));
    return publish({topic, bytes, {}}, std::move(done));
}

HUBBUB_DECL void bus_core::publish_patiently(std::string topic, outgoing_message message,
                                             std::chrono::milliseconds at_most,
                                             publish_completion done,
                                             cancel_hook const& on_cancel) {
    patient_->publish(std::move(topic), std::move(message), at_most, std::move(done), on_cancel);
}

HUBBUB_DECL std::error_code bus_core::refuse(std::string_view topic, std::error_code error,
                                             publish_completion done) {
    report_->refused_here.add();
    report_->on_publish(topic, 0, error);
    done(error, {});
    return error;
}

HUBBUB_DECL void bus_core::async_subscribe(topic_filter const& what, raw_sink sink,
                                           subscription_completion done) {
    join_and_tell(what, typeid(message_view), &raw_group::make, nullptr,
                  std::make_shared<raw_subscriber>(std::move(sink), report_), std::move(done));
}

HUBBUB_DECL bus_core::joined bus_core::join(topic_filter const& what, std::type_info const& type,
                                            group::maker make, void const* typed,
                                            std::shared_ptr<message_subscriber> s) {
    std::lock_guard const lock(mutex_);
    if (!open_)
        return {};
    std::shared_ptr<detail::group> of;
    auto const [first, last] = groups_->all.equal_range(what.name);
    for (auto at = first; at != last && !of; ++at)
        if (at->second->is_of(what, type))
            of = at->second;
    if (!of) {
        of.reset(make(what, shared_from_this(), typed));
        groups_->all.emplace(what.name, of);
    }
    of->add(s);
    return {of, subscription(of, std::move(s))};
}

HUBBUB_DECL std::error_code bus_core::activate(joined const& place, subscribe_completion done) {
    std::lock_guard const lock(mutex_);
    auto const transport = transport_.lock(); // not the last: while it is open the bus keeps it
    if (place.group && open_ && transport)
        return transport->subscribe(place.group->what(), place.group, std::move(done));
    done(errc::closed);
    return errc::closed;
}

HUBBUB_DECL subscription bus_core::join_at_once(topic_filter const& what,
                                                std::type_info const& type, group::maker make,
                                                void const* typed,
                                                std::shared_ptr<message_subscriber> s,
                                                std::error_code* error) {
    auto place = join(what, type, make, typed, std::move(s));
    auto const refused = activate(place, {});
    if (error)
        *error = refused;
    else if (refused)
        throw std::system_error(refused, "hubbub: cannot subscribe \"" + what.name + '"');
    return refused ? subscription() : std::move(place.membership);
}

HUBBUB_DECL void bus_core::join_and_tell(topic_filter const& what, std::type_info const& type,
                                         group::maker make, void const* typed,
                                         std::shared_ptr<message_subscriber> s,
                                         subscription_completion done,
                                         cancel_hook const& on_cancel) {
    auto place = join(what, type, make, typed, std::move(s));
    auto const membership = std::make_shared<pending_membership>(std::move(place.membership));
    done = unless_cancelled(
        on_cancel, executor_, std::move(done), [membership] { membership->take().reset(); },
        asio::error::operation_aborted);
    auto operation = std::make_unique<activation>(std::move(done), membership);
    activate(place, subscribe_completion(std::move(operation)));
}

HUBBUB_DECL void bus_core::remove(group& g, subscriber const& s) {
    std::lock_guard const lock(mutex_);
    if (!g.erase(s) || !open_)
        return;
    auto const at = groups_->find(g);
    if (at == groups_->all.end())
        return;
    auto const kept = at->second;
    groups_->all.erase(at);
    if (auto const transport = transport_.lock())
        transport->unsubscribe(g.what(), g);
}

HUBBUB_DECL void bus_core::drain(std::chrono::milliseconds at_most,
                                 completion<std::error_code, std::uint64_t> done) {
    patient_->close(errc::closed);
    auto const transport = transport_.lock();
    if (!transport)
        return done(errc::closed, 0);
    auto const d = std::make_shared<draining>(executor_, transport->statistics(), std::move(done));
    auto finish = [core = shared_from_this(), d](std::error_code error) {
        core->finish_drain(*d, error);
    };
    d->start(at_most, finish);
    // When all is answered nothing is taken any more, and sinks work off what they have.
    auto answered = [core = shared_from_this(), finish](std::error_code error) {
        if (error)
            return finish(error);
        core->unsubscribe();
        core->report_->wait_until_idle({core->executor_, finish});
    };
    transport->flush({executor_, std::move(answered)});
}

HUBBUB_DECL statistics bus_core::read_statistics() const {
    auto const transport = transport_.lock();
    auto s = transport ? transport->statistics() : statistics();
    report_->add_to(s);
    return s;
}

/// Nothing is delivered any more.
HUBBUB_DECL void bus_core::unsubscribe() {
    std::lock_guard const lock(mutex_);
    if (!std::exchange(open_, false))
        return;
    if (auto const transport = transport_.lock())
        for (auto const& [name, g] : groups_->all)
            transport->unsubscribe(g->what(), *g);
}

/// Ends the subscriptions and events; when it returns, no sink starts again, also if another thread
/// is in the middle of it. False if that has been begun before.
HUBBUB_DECL bool bus_core::stop() {
    unsubscribe();
    std::shared_ptr<group_map> groups; // destroyed after the lock
    bool first = false;
    {
        std::lock_guard const lock(mutex_);
        groups = groups_;
        first = !std::exchange(stopped_, true);
    }
    if (groups)
        for (auto const& [name, g] : groups->all)
            g->deactivate();
    report_->end_waiting_until_idle(errc::closed);
    report_->set_observer(nullptr);
    if (first) {
        observation_.reset();
        std::lock_guard const lock(mutex_);
        groups_.reset(); // groups keeps it until here
    }
    return first;
}

/// On the executor, at the deadline or when all is done, whichever comes first.
HUBBUB_DECL void bus_core::finish_drain(draining& d, std::error_code error) {
    if (d.ended())
        return;
    auto const transport = transport_.lock();
    auto const abandoned = report_->abandoned.get();
    if (!stop() || !transport) // the bus ended meanwhile
        return d.end_as_closed();
    d.end(error, transport->statistics(), report_->abandoned.get() - abandoned);
}

} // namespace hubbub::detail
