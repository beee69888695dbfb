// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/faulty/core.hpp>
#include <hubbub/testing/faulty/faults.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/local.hpp>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace hubbub::testing {

/// A transport over another that loses, delays, duplicates and reorders messages, and cuts the
/// link, for tests of what is above it. All of it by a seed: in virtual_time, the same test has the
/// same faults in each run.
///
/// While it is cut it is what a Redis link is that has fallen: state is down and link_lost is told;
/// what comes from others is lost; publishes queue up to the limits, and subscriptions complete
/// when it has healed. Publishes that were on their way out at the cut complete as outcome_unknown;
/// each has come through or not, by the seed.
///
/// Delivery:      as the transport below, but for the faults. They are no events, since a lossy
///                network tells nobody either: put `sequenced` over it, and each is a gap.
/// Ordering:      as the transport below, but for what is reordered. Delays may part topics.
/// Errors:        those of the transport below, queue_full, outcome_unknown. The constructor throws
///                std::invalid_argument if an option makes no sense, or the transport in an
///                any_transport may call sinks inside publish.
/// Thread safety: all functions, from any thread. Sinks run on the executor of the transport below,
///                which runs one thing at a time.
/// Lifetime:      its copies are one transport, which keeps the one below.
///
/// @code
/// hubbub::testing::faulty lossy{transport, {.seed = seed, .drop = 0.1, .delay = {1ms, 20ms}}};
/// hubbub::sequenced numbered{lossy};
/// hubbub::bus bus{numbered, hubbub::json_serializer{}};
/// ...
/// INFO(lossy.log());  // a test that fails says what happened to each message
/// @endcode
template <transport Transport>
class faulty {
    static_assert(Transport::traits.serial_delivery ||
                      hubbub::detail::promises_at_run_time<Transport>,
                  "hubbub: faulty<Transport>: this Transport may call sinks inside publish; use "
                  "local_transport in place of immediate_local_transport");

public:
    static constexpr transport_traits traits = [] {
        auto promised = Transport::traits;
        promised.agreed_order = false;
        promised.serial_delivery = true;
        return promised;
    }();

    explicit faulty(Transport below, faults const& f = {})
        : state_(std::make_shared<state_type>(std::move(below), f)) {}

    /// Cuts the link until heal, or leaves it cut.
    void cut() { core().cut(core_type::time_point::max()); }

    /// Ends a cut, also one that the seed made; or leaves the link whole.
    void heal() { core().heal(); }

    /// Returns what was done to messages until now, counted.
    fault_counts counts() const { return core().counts(); }

    /// Returns the seed, and line by line what was done to each message and to the link: the
    /// seconds since construction, "in" and the number of a message that came, or "out" and the
    /// number of one that was published, and its topic.
    std::string log() const { return core().log(); }

    asio::any_io_executor get_executor() const { return core().below().get_executor(); }

    std::error_code publish(message_view const& message, publish_completion done = {}) {
        return core().publish(message, std::move(done));
    }

    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion done = {}) {
        return core().subscribe(what, s, std::move(done));
    }

    void unsubscribe(topic_filter const& what, message_sink const& s) noexcept {
        core().unsubscribe(what, s);
    }

    std::shared_ptr<void> observe(observer o) { return core().listeners().add(std::move(o)); }

    link_state state() const { return core().state(); }

    hubbub::statistics statistics() const { return core().read_statistics(); }

    message_limits const& limits() const noexcept { return core().limits(); }

    void wait_for_room(std::size_t bytes, completion<std::error_code> done) {
        core().wait_for_room(bytes, std::move(done));
    }

    void flush(completion<std::error_code> done) { core().flush(std::move(done), false); }

    void drain(completion<std::error_code> done) { core().flush(std::move(done), true); }

    /// Closes the transport below too. What is on its way out is unknown, what waits is closed.
    void close() noexcept {
        core().stop();
        core().below().close();
    }

private:
    using core_type = detail::faulty_core<Transport>;

    /// The part that the copies of a handle share; the core may outlive it, and is stopped by then.
    struct state_type {
        state_type(Transport transport, faults const& f)
            : below(std::move(transport)), core(std::make_shared<core_type>(below, f)) {
            if (!hubbub::detail::traits_of(below).serial_delivery)
                throw std::invalid_argument("faulty: the transport below may call sinks inside "
                                            "publish");
            core->start();
        }
        state_type(state_type const&) = delete;
        state_type& operator=(state_type const&) = delete;
        ~state_type() { core->stop(); }

        Transport below;
        std::shared_ptr<core_type> const core;
    };

    core_type& core() const noexcept { return *state_->core; }

    std::shared_ptr<state_type> state_;
};

static_assert(transport<faulty<local_transport>>);

} // namespace hubbub::testing
