// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/shared_list.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/serializer.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/typed/bus_report.hpp>
#include <hubbub/typed/draining.hpp>
#include <hubbub/typed/handler_gate.hpp>
#include <hubbub/typed/outgoing.hpp>
#include <hubbub/typed/patient_publisher.hpp>
#include <hubbub/typed/subscribers.hpp>
#include <hubbub/typed/tracing.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <utility>

namespace hubbub::detail {

/// What a bus and its subscriptions share; it outlives the bus while a sink runs.
///
/// The subscribers of one interest and one message type form a group, which is one sink of the
/// transport: a message is decoded once for all of them.
template <class Transport, class Serializer, class Trace>
class bus_core : public std::enable_shared_from_this<bus_core<Transport, Serializer, Trace>> {
public:
    template <class T>
    class group;

    bus_core(Transport& transport, Serializer serializer, Trace trace)
        : transport_(&transport), serializer_(std::move(serializer)),
          report_(
              std::make_shared<traced_report<Trace>>(transport.get_executor(), std::move(trace))),
          patient_(std::make_shared<patient_publisher<Transport>>(transport, report_, gate_)) {}

    /// Forwards the transport's events. Apart from the constructor, which has no shared_ptr yet.
    void start() {
        observation_ = transport_->observe([weak = this->weak_from_this()](event const& e) {
            if (auto const core = weak.lock())
                core->notify(e);
        });
    }

    /// Stops all subscriptions; their sinks do not start again. Afterwards the transport may end:
    /// no handler calls it any more, and one that does on another thread is waited for.
    void close() noexcept {
        stop();
        patient_->close(errc::closed);
        gate_->shut();
    }

    Transport& transport() const noexcept { return *transport_; }
    Serializer const& serializer() const noexcept { return serializer_; }
    Trace& trace() const noexcept { return report_->trace; }
    bus_report& report() const noexcept { return *report_; }
    std::shared_ptr<bus_report> shared_report() const noexcept { return report_; }

    void notify(event const& e) const { report_->notify(e); }

    template <class T>
    std::error_code publish(std::string_view topic, T&& message) {
        if constexpr (in_place<Serializer>) {
            return hand_over({topic, {}, as_object(std::forward<T>(message))}, {});
        } else if constexpr (requires { serializer_.view(message); }) {
            return hand_over({topic, serializer_.view(message), {}}, {});
        } else {
            scratch_buffer bytes;
            if (auto const error = serializer_.encode(message, *bytes))
                return refuse(topic, error, {});
            return hand_over({topic, *bytes, {}}, {});
        }
    }

    template <class T>
    void publish(std::string_view topic, outgoing<Serializer, T>& message,
                 publish_completion done) {
        if constexpr (in_place<Serializer>)
            hand_over({topic, {}, as_object(std::move(*message.object))}, std::move(done));
        else if (message.error)
            refuse(topic, message.error, std::move(done));
        else
            hand_over({topic, message.bytes, {}}, std::move(done));
    }

    /// The same, and waits for room where the queue is full. on_cancel(f) has f called if the
    /// operation is cancelled.
    template <class T, class OnCancel>
    void publish_patiently(std::string_view topic, outgoing<Serializer, T> message,
                           std::chrono::milliseconds at_most, publish_completion done,
                           OnCancel on_cancel) {
        if constexpr (!in_place<Serializer>)
            if (message.error) {
                refuse(topic, message.error, std::move(done));
                return;
            }
        patient_->publish(std::string(topic), std::move(message), at_most, std::move(done),
                          std::move(on_cancel));
    }

    /// A place in a group, and what keeps it.
    template <class T>
    struct joined {
        std::shared_ptr<bus_core::group<T>> group;
        subscription membership;
    };

    /// Puts s into the group of this interest and type; there is none if the bus is closed.
    template <class T>
    joined<T> join(interest const& what, std::shared_ptr<subscriber_of<T>> s) {
        std::lock_guard const lock(mutex_);
        if (!open_)
            return {};
        auto& found = groups_[key(what.name, what.is_pattern, typeid(T))];
        if (!found)
            found = std::make_shared<group<T>>(what, this->shared_from_this());
        auto g = std::static_pointer_cast<group<T>>(found);
        g->add(s);
        return {g, subscription(g, std::move(s))};
    }

    /// Has the transport deliver to a group; done completes when it does.
    template <class T>
    std::error_code activate(joined<T> const& place, subscribe_completion done) {
        std::lock_guard const lock(mutex_);
        if (place.group && open_)
            return transport_->subscribe(place.group->what(), place.group, std::move(done));
        done(errc::closed);
        return errc::closed;
    }

    /// See bus::async_drain.
    void drain(std::chrono::milliseconds at_most, completion<std::error_code, std::uint64_t> done) {
        patient_->close(errc::closed);
        auto const d = std::make_shared<draining>(report_->executor(), transport_->statistics(),
                                                  std::move(done));
        d->deadline.expires_after(at_most);
        auto finish = [core = this->shared_from_this(), d](std::error_code error) {
            core->finish_drain(*d, error);
        };
        d->deadline.async_wait([finish](std::error_code aborted) {
            if (!aborted)
                finish(errc::timed_out);
        });
        // When all is answered nothing is taken any more, and sinks work off what they have.
        auto answered = [core = this->shared_from_this(), finish](std::error_code error) {
            handler_gate::stay const stay(*core->gate_);
            if (error || !stay)
                return finish(error);
            core->unsubscribe();
            core->report_->wait_until_idle({core->report_->executor(), finish});
        };
        transport_->drain({report_->executor(), std::move(answered)});
    }

    statistics read_statistics() const {
        auto s = transport_->statistics();
        report_->add_to(s);
        return s;
    }

private:
    /// Nothing is delivered any more.
    void unsubscribe() {
        std::lock_guard const lock(mutex_);
        if (std::exchange(open_, false))
            for (auto const& [what, g] : groups_)
                transport_->unsubscribe(g->what(), *g);
    }

    /// Ends the subscriptions and events. False if that has been done, or begun, before.
    bool stop() {
        unsubscribe();
        std::map<key, std::shared_ptr<group_base>> groups;
        {
            std::lock_guard const lock(mutex_);
            if (std::exchange(stopped_, true))
                return false;
            groups.swap(groups_);
        }
        for (auto const& [what, g] : groups)
            g->deactivate();
        report_->end_waiting_until_idle(errc::closed);
        observation_.reset();
        report_->on_event(nullptr);
        return true;
    }

    /// On the executor, at the deadline or when all is done, whichever comes first.
    void finish_drain(draining& d, std::error_code error) {
        if (d.ended())
            return;
        d.deadline.cancel();
        handler_gate::stay const stay(*gate_);
        auto const abandoned = report_->abandoned.get();
        if (!stay || !stop()) // the bus ended meanwhile, and with it perhaps the transport
            return d.end_as_closed();
        transport_->close();
        d.end(error, transport_->statistics(), report_->abandoned.get() - abandoned);
    }

    std::error_code hand_over(message_view const& message, publish_completion&& done) {
        // Nothing overtakes what waits for room.
        if (patient_->waiting())
            return refuse(message.topic, errc::queue_full, std::move(done));
        if constexpr (!traces_publish<Trace>) {
            return transport_->publish(message, std::move(done));
        } else {
            std::string const topic(message.topic); // a sink may destroy what it is a view of
            auto const bytes = message.payload.size();
            auto const self = this->shared_from_this(); // and the bus
            auto const refused = transport_->publish(message, std::move(done));
            trace().on_publish(topic, bytes, refused);
            return refused;
        }
    }

    /// The transport never saw it: it counts here.
    std::error_code refuse(std::string_view topic, std::error_code error,
                           publish_completion&& done) {
        report_->refused_here.add();
        if constexpr (traces_publish<Trace>)
            trace().on_publish(topic, 0, error);
        done(error, 0);
        return error;
    }

    using key = std::tuple<std::string, bool, std::type_index>;

    class group_base : public subscriber_group {
    public:
        group_base(interest const& what, std::type_index type)
            : name_(what.name), is_pattern_(what.is_pattern), type_(type) {}

        interest what() const noexcept {
            return is_pattern_ ? interest(pattern{name_}) : interest(name_);
        }
        key map_key() const { return key(name_, is_pattern_, type_); }

        /// True if none is left.
        virtual bool erase(subscriber const& s) = 0;
        virtual void deactivate() = 0;

    private:
        std::string const name_;
        bool const is_pattern_;
        std::type_index const type_;
    };

    /// Takes s out of g, and g out of the transport when it was the last.
    void remove(group_base& g, subscriber const& s) {
        std::lock_guard const lock(mutex_);
        if (!g.erase(s) || !open_)
            return;
        groups_.erase(g.map_key());
        transport_->unsubscribe(g.what(), g);
    }

    Transport* const transport_;
    [[no_unique_address]] Serializer const serializer_;
    std::shared_ptr<traced_report<Trace>> const report_;
    std::shared_ptr<handler_gate> const gate_ = std::make_shared<handler_gate>();
    std::shared_ptr<patient_publisher<Transport>> const patient_;
    std::shared_ptr<void> observation_;

    std::mutex mutex_; // guards what follows
    bool open_ = true;
    bool stopped_ = false;
    std::map<key, std::shared_ptr<group_base>> groups_;
};

template <class Transport, class Serializer, class Trace>
template <class T>
class bus_core<Transport, Serializer, Trace>::group final : public group_base {
public:
    using entry = subscriber_of<T>;

    group(interest const& what, std::shared_ptr<bus_core> core)
        : group_base(what, typeid(T)), core_(std::move(core)) {}

    void add(std::shared_ptr<entry> s) {
        std::unique_lock const lock(mutex_);
        entries_.write([&](auto& list) { list.push_back(std::move(s)); });
    }

    void remove(subscriber const& s) noexcept override { core_->remove(*this, s); }

    bool erase(subscriber const& s) override {
        std::unique_lock const lock(mutex_);
        entries_.write(
            [&](auto& list) { std::erase_if(list, [&](auto const& e) { return e.get() == &s; }); });
        return entries_.empty();
    }

    void deactivate() override {
        auto const entries = read(); // a temporary would not live through the loop
        for (auto const& e : *entries) {
            e->active.store(false, std::memory_order_release);
            e->end(errc::closed);
        }
    }

    void deliver(message_view const& message) noexcept override {
        auto const entries = read();
        if constexpr (in_place<Serializer>) {
            if (auto const* const object = message.object.template get<T>())
                return call_all(*entries, message.topic, *object, sizeof(T));
            reject(*entries, message.topic, errc::malformed_payload);
        } else if (message.object) { // another bus's, on the same topic
            reject(*entries, message.topic, errc::malformed_payload);
        } else {
            T value{};
            if (auto const error = core_->serializer().decode(message.payload, value))
                return reject(*entries, message.topic, error);
            call_all(*entries, message.topic, value, message.payload.size());
        }
    }

private:
    using entry_list = shared_list<std::shared_ptr<entry>>;

    typename entry_list::snapshot read() const {
        std::shared_lock const lock(mutex_);
        return entries_.read();
    }

    void reject(std::vector<std::shared_ptr<entry>> const& entries, std::string_view topic,
                std::error_code reason) {
        core_->report().malformed.add(entries.size());
        core_->notify(message_malformed{topic, reason});
    }

    void call_all(std::vector<std::shared_ptr<entry>> const& entries, std::string_view topic,
                  T const& value, std::size_t bytes) {
        std::uint64_t delivered = 0;
        std::size_t sinks = 0;
        for (auto const& e : entries)
            if (e->active.load(std::memory_order_acquire)) {
                ++sinks;
                delivered += call(e, topic, value, bytes) ? 1 : 0;
            }
        auto& report = core_->report();
        report.delivered.add(delivered);
        if constexpr (!in_place<Serializer>)
            report.received_bytes.add(bytes * sinks);
        if constexpr (traces_delivery<Trace>)
            core_->trace().on_delivery(topic, bytes, sinks);
    }

    /// True if that was all: not failed, nor only queued.
    bool call(std::shared_ptr<entry> const& e, std::string_view topic, T const& value,
              std::size_t bytes) {
        try {
            auto const outcome = e->call(topic, value, bytes);
            if (outcome == delivery::overrun)
                disconnect(*e, topic);
            return outcome == delivery::done;
        } catch (...) { // whatever a sink throws is told to the bus's owner
            core_->report().failed.add();
            core_->notify(sink_failed{topic, std::current_exception()});
            return false;
        }
    }

    void disconnect(entry& e, std::string_view topic) {
        e.active.store(false, std::memory_order_release);
        core_->remove(*this, e);
        core_->notify(subscriber_disconnected{topic});
    }

    std::shared_ptr<bus_core> const core_;
    mutable std::shared_mutex mutex_; // guards entries_
    entry_list entries_;
};

} // namespace hubbub::detail
