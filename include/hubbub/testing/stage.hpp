// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/bus.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/run_until.hpp>

#include <array>
#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace hubbub::testing {

/// What a transport's author writes to run the suite: where servers of one backplane come from.
/// Each case gets a fixture of its own, whose backplane no other case sees.
///
/// | expression                       | is                       | and                             |
/// |----------------------------------|--------------------------|---------------------------------|
/// | `F::transport_type`              | a hubbub::transport      |                                 |
/// | `f.io`                           | `asio::io_context`       | runs what make made, no more    |
/// | `f.make(message_limits)`         | F::transport_type        | another server                  |
/// | `F::traits`                      | transport_traits         | optional: of the transport as   |
/// |                                  |                          | make configures it              |
template <class F>
concept transport_fixture =
    transport<typename F::transport_type> && requires(F& f, message_limits const& limits) {
        { (f.io) } -> std::same_as<asio::io_context&>;
        { f.make(limits) } -> std::same_as<typename F::transport_type>;
    };

/// The transport_traits of the transports that a fixture makes.
template <transport_fixture F>
constexpr transport_traits traits_of = [] {
    if constexpr (requires { F::traits; })
        return F::traits;
    else
        return F::transport_type::traits;
}();

/// Remembers what came, and in which order. Any thread.
class recorder {
public:
    /// A sink that remembers each message, with something before it.
    auto sink(std::string_view before = {}) {
        return [this, prefix = std::string(before)](std::string const& message) {
            add(prefix + message);
        };
    }

    void add(std::string entry) {
        std::lock_guard const lock(mutex_);
        seen_.push_back(std::move(entry));
    }

    std::vector<std::string> seen() const {
        std::lock_guard const lock(mutex_);
        return seen_;
    }

    std::size_t count() const {
        std::lock_guard const lock(mutex_);
        return seen_.size();
    }

private:
    mutable std::mutex mutex_; // guards seen_
    std::vector<std::string> seen_;
};

/// Counts events by their kind. Any thread.
class event_counter {
public:
    /// Counts an event; a drop counts as the number of messages dropped, not as one.
    void count(event const& e) {
        auto const* const drop = std::get_if<message_dropped>(&e);
        counts_.at(e.index()) += drop == nullptr ? 1U : static_cast<unsigned>(drop->count);
    }

    template <class Event>
    unsigned of() const {
        return counts_.at(event(Event{}).index());
    }

private:
    std::array<std::atomic<unsigned>, std::variant_size_v<event>> counts_{};
};

/// One server of a case: a transport, and a bus of texts on it.
template <transport Transport>
class server {
public:
    using bus_type = hubbub::bus<Transport, text_serializer>;

    explicit server(Transport t)
        : transport_(std::move(t)), bus_(std::make_unique<bus_type>(*transport_)) {
        bus_->set_observer([counter = events_](event const& e) { counter->count(e); });
    }

    Transport transport() const { return *transport_; }
    bus_type& bus() const { return *bus_; }
    event_counter const& events() const { return *events_; }
    bool has_bus() const noexcept { return bus_ != nullptr; }

    void destroy_bus() { bus_.reset(); }

    void destroy() {
        destroy_bus();
        transport_.reset();
    }

    /// Publishes what must be accepted. Not in a sink.
    void publish(std::string_view topic, std::string_view text,
                 std::source_location where = std::source_location::current()) const {
        if (auto const error = bus_->publish(topic, text))
            throw failure("a publish was refused: " + error.message(), where);
    }

private:
    std::shared_ptr<event_counter> events_ = std::make_shared<event_counter>();
    std::optional<Transport> transport_;
    std::unique_ptr<bus_type> bus_;
};

/// The environment of one case: servers that share a backplane, and the io_context that runs them.
///
/// A case waits for all that it began, since it may be looked at after the case has returned.
template <transport Transport>
class stage {
public:
    template <transport_fixture Fixture>
    explicit stage(Fixture& f)
        : io_(&f.io), traits_(traits_of<Fixture>),
          make_([&f](message_limits const& limits) { return f.make(limits); }) {}

    asio::io_context& io() const noexcept { return *io_; }
    transport_traits const& traits() const noexcept { return traits_; }

    Transport make_transport(message_limits const& limits = {}) const { return make_(limits); }

    /// The pattern, if the transport subscribes patterns; else the topic, which it matches.
    topic_filter by_pattern(std::string_view glob, std::string_view topic) const {
        return traits_.patterns == pattern_support::glob ? topic_filter(pattern(glob))
                                                         : topic_filter(topic);
    }

    /// Another server, which lives as long as the stage.
    server<Transport>& add_server(message_limits const& limits = {}) {
        servers_.push_back(std::make_unique<server<Transport>>(make_(limits)));
        return *servers_.back();
    }

    template <std::predicate Condition>
    void run_until(Condition condition, std::string_view awaited,
                   std::source_location where = std::source_location::current()) const {
        testing::run_until(*io_, std::move(condition), awaited, where);
    }

    /// Subscribes, and runs until the subscription is active.
    template <class T = std::string, message_bus Bus, class Sink>
    subscription listen(Bus& bus, topic_filter what, Sink sink,
                        std::source_location where = std::source_location::current()) const {
        std::optional<std::error_code> outcome;
        subscription made;
        bus.template async_subscribe<T>(what, std::move(sink),
                                        [&](std::error_code error, subscription s) {
                                            made = std::move(s);
                                            outcome = error;
                                        });
        run_until([&] { return outcome.has_value(); }, "a subscription to become active", where);
        require_equal(*outcome, std::error_code{}, "result of async_subscribe", where);
        return made;
    }

    template <class Sink>
    subscription listen(server<Transport> const& at, topic_filter what, Sink sink,
                        std::source_location where = std::source_location::current()) const {
        return listen<std::string>(at.bus(), what, std::move(sink), where);
    }

    /// Publishes, and runs until the backplane has it. Returns how many servers it was given to.
    receiver_count deliver(server<Transport> const& from, std::string_view topic,
                           std::string_view text,
                           std::source_location where = std::source_location::current()) const {
        return published([&](auto done) { from.bus().async_publish(topic, text, done); }, where);
    }

    /// Runs until what `from` has published before is confirmed, and has come to `to`: so that what
    /// has not come by then never will. Waits for room, as a case may have filled the queue.
    void flush(server<Transport> const& from, server<Transport> const& to,
               std::source_location where = std::source_location::current()) {
        auto const topic = "flush " + std::to_string(++flushes_);
        bool arrived = false;
        auto const s = listen(to, topic, [&](std::string const&) { arrived = true; });
        published(
            [&](auto done) { from.bus().async_publish(topic, "", wait_up_to{patience}, done); },
            where);
        run_until([&] { return arrived; }, "a server to get what was published", where);
    }

    /// Destroys the servers, and leaves what is under way to the io_context.
    void abandon() {
        servers_.clear();
        abandoned_ = true;
    }

    /// The end of each case: the ledgers balance, and after the servers are gone no work is left.
    void settle() {
        if (abandoned_)
            return;
        for (auto const& s : servers_)
            if (s->has_bus())
                check_ledger(*s);
        servers_.clear();
        run_out(*io_);
    }

private:
    /// Runs until a publish that is begun with a handler has succeeded; how many servers got it.
    receiver_count published(auto begin, std::source_location where) const {
        std::optional<std::error_code> outcome;
        receiver_count servers;
        begin([&](std::error_code error, receiver_count count) {
            servers = count;
            outcome = error;
        });
        run_until([&] { return outcome.has_value(); }, "a publish to complete", where);
        require_equal(*outcome, std::error_code{}, "result of async_publish", where);
        return servers;
    }

    void check_ledger(server<Transport> const& s) const {
        run_until(
            [&] {
                auto const now = s.bus().statistics();
                return now.queued == 0 && now.queued_bytes == 0;
            },
            "the queue to drain");
        auto const n = s.bus().statistics();
        require_equal(n.refused + n.confirmed + n.unknown + n.discarded + n.displaced, n.published,
                      "refused + confirmed + unknown + discarded + displaced");
        require_equal(n.delivered + n.malformed + n.failed + n.dropped_oldest + n.dropped_newest +
                          n.superseded + n.abandoned + n.pending,
                      n.received, "what became of what was received");
        require_equal(n.dropped + n.dropped_oldest + n.dropped_newest,
                      s.events().template of<message_dropped>(), "message_dropped events");
    }

    asio::io_context* io_;
    transport_traits traits_;
    std::function<Transport(message_limits const&)> make_;
    std::vector<std::unique_ptr<server<Transport>>> servers_;
    unsigned flushes_ = 0;
    bool abandoned_ = false;
};

/// One promise, and the function that finds out whether it is kept.
template <transport Transport>
struct conformance_case {
    std::string_view name; // a sentence; null-terminated
    void (*body)(stage<Transport>&);

    /// Errors: throws failure, or whatever else went wrong.
    template <transport_fixture Fixture>
    void run(Fixture& f) const {
        stage<Transport> s(f);
        body(s);
        s.settle();
    }
};

/// The promises of a suite.
template <transport Transport>
class conformance_list {
public:
    using value_type = conformance_case<Transport>;

    void add(std::string_view name, void (*body)(stage<Transport>&)) {
        cases_.push_back({name, body});
    }

    auto begin() const noexcept { return cases_.begin(); }
    auto end() const noexcept { return cases_.end(); }
    std::size_t size() const noexcept { return cases_.size(); }
    value_type const& operator[](std::size_t index) const { return cases_.at(index); }

private:
    std::vector<value_type> cases_;
};

} // namespace hubbub::testing
