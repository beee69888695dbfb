// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/outgoing.hpp>
#include <hubbub/detail/publish_ledger.hpp>
#include <hubbub/detail/shared_list.hpp>
#include <hubbub/error.hpp>
#include <hubbub/serializer.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/transport.hpp>

#include <algorithm>
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
template <class Transport, class Serializer>
class bus_core : public std::enable_shared_from_this<bus_core<Transport, Serializer>> {
public:
    template <class T>
    class group;

    bus_core(Transport& transport, Serializer serializer)
        : transport_(&transport), serializer_(std::move(serializer)) {}

    /// Forwards the transport's events. Apart from the constructor, which has no shared_ptr yet.
    void start() {
        observation_ = transport_->observe([weak = this->weak_from_this()](event const& e) {
            if (auto const core = weak.lock())
                core->notify(e);
        });
    }

    /// Stops all subscriptions; their sinks do not start again.
    void close() noexcept {
        std::map<key, std::shared_ptr<group_base>> groups;
        {
            std::lock_guard const lock(mutex_);
            open_ = false;
            groups.swap(groups_);
            for (auto const& [what, g] : groups)
                transport_->unsubscribe(g->what(), *g);
        }
        for (auto const& [what, g] : groups)
            g->deactivate();
        observation_.reset();
        on_event(nullptr);
    }

    Transport& transport() const noexcept { return *transport_; }
    Serializer const& serializer() const noexcept { return serializer_; }

    void on_event(observer o) {
        auto replacement = o ? std::make_shared<observer>(std::move(o)) : nullptr;
        std::lock_guard const lock(observer_mutex_);
        observer_.swap(replacement);
    }

    void notify(event const& e) const {
        std::shared_ptr<observer> present;
        {
            std::lock_guard const lock(observer_mutex_);
            present = observer_;
        }
        if (present)
            (*present)(e);
    }

    template <class T>
    std::error_code publish(std::string_view topic, T&& message) {
        if constexpr (in_place<Serializer>) {
            return transport_->publish({topic, {}, as_object(std::forward<T>(message))}, {});
        } else if constexpr (requires { serializer_.view(message); }) {
            return transport_->publish({topic, serializer_.view(message), {}}, {});
        } else {
            scratch_buffer bytes;
            if (auto const error = serializer_.encode(message, *bytes))
                return refuse(error, {});
            return transport_->publish({topic, *bytes, {}}, {});
        }
    }

    template <class T>
    void publish(std::string_view topic, outgoing<Serializer, T>& message,
                 publish_completion done) {
        if constexpr (in_place<Serializer>)
            transport_->publish({topic, {}, as_object(std::move(*message.object))},
                                std::move(done));
        else if (message.error)
            refuse(message.error, std::move(done));
        else
            transport_->publish({topic, message.bytes, {}}, std::move(done));
    }

    /// A place in a group, and what keeps it.
    template <class T>
    struct joined {
        std::shared_ptr<bus_core::group<T>> group;
        subscription membership;
    };

    /// Puts sink into the group of this interest and type; there is none if the bus is closed.
    template <class T, class Sink>
    joined<T> join(interest const& what, Sink sink) {
        auto entry = std::make_shared<typename group<T>::template entry_for<Sink>>(std::move(sink));
        std::lock_guard const lock(mutex_);
        if (!open_)
            return {};
        auto& found = groups_[key(what.name, what.is_pattern, typeid(T))];
        if (!found)
            found = std::make_shared<group<T>>(what, this->shared_from_this());
        auto g = std::static_pointer_cast<group<T>>(found);
        g->add(entry);
        return {g, subscription(g, std::move(entry))};
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

    statistics read_statistics() const {
        auto s = transport_->statistics();
        auto const here = unencodable.get();
        s.published += here;
        s.refused += here;
        s.delivered = delivered.get();
        s.malformed += malformed.get();
        s.failed = failed.get();
        s.received = s.delivered + s.malformed + s.failed;
        return s;
    }

    counter unencodable;
    counter delivered;
    counter malformed;
    counter failed;

private:
    /// The transport never saw it: it counts here.
    std::error_code refuse(std::error_code error, publish_completion done) {
        unencodable.add();
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
    std::shared_ptr<void> observation_;

    std::mutex mutex_; // guards what follows
    bool open_ = true;
    std::map<key, std::shared_ptr<group_base>> groups_;

    mutable std::mutex observer_mutex_; // guards observer_
    std::shared_ptr<observer> observer_;
};

template <class Transport, class Serializer>
template <class T>
class bus_core<Transport, Serializer>::group final : public group_base {
public:
    struct entry : subscriber {
        virtual void call(std::string_view topic, T const& message) = 0;
    };

    /// A user's callable.
    template <class Sink>
    struct entry_for final : entry {
        explicit entry_for(Sink&& s) : sink(std::move(s)) {}

        void call(std::string_view topic, T const& message) override {
            if constexpr (std::invocable<Sink&, std::string_view, T const&>)
                std::invoke(sink, topic, message);
            else
                std::invoke(sink, message);
        }

        Sink sink;
    };

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
        for (auto const& e : *entries)
            e->active.store(false, std::memory_order_release);
    }

    void deliver(message_view const& message) noexcept override {
        auto const entries = read();
        if constexpr (in_place<Serializer>) {
            if (auto const* const object = message.object.template get<T>())
                return call_all(*entries, message.topic, *object);
            reject(*entries, message.topic, errc::malformed_payload);
        } else if (message.object) { // another bus's, on the same topic
            reject(*entries, message.topic, errc::malformed_payload);
        } else {
            T value{};
            if (auto const error = core_->serializer().decode(message.payload, value))
                return reject(*entries, message.topic, error);
            call_all(*entries, message.topic, value);
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
        core_->malformed.add(entries.size());
        core_->notify(message_malformed{topic, reason});
    }

    void call_all(std::vector<std::shared_ptr<entry>> const& entries, std::string_view topic,
                  T const& value) {
        std::uint64_t count = 0;
        for (auto const& e : entries)
            if (e->active.load(std::memory_order_acquire))
                count += call(*e, topic, value) ? 1 : 0;
        core_->delivered.add(count);
    }

    bool call(entry& e, std::string_view topic, T const& value) {
        try {
            e.call(topic, value);
            return true;
        } catch (...) { // whatever a sink throws is told to the bus's owner
            core_->failed.add();
            core_->notify(sink_failed{topic, std::current_exception()});
            return false;
        }
    }

    std::shared_ptr<bus_core> const core_;
    mutable std::shared_mutex mutex_; // guards entries_
    entry_list entries_;
};

} // namespace hubbub::detail
