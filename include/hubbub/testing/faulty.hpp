// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/faulty/core.hpp>
#include <hubbub/testing/faulty/faults.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/local.hpp>

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
///                std::invalid_argument if an option makes no sense, or the transport below is a
///                local_transport that delivers immediately.
/// Thread safety: all functions, from any thread. Sinks run on the executor of the transport below,
///                which runs one thing at a time, as those of this library do. The transport below
///                runs no sink inside publish.
/// Lifetime:      the transport below outlives it.
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
public:
    static constexpr transport_traits traits = [] {
        auto promised = Transport::traits;
        promised.agreed_order = false;
        promised.serial_delivery = true;
        promised.gap_notified = false;
        promised.reconnects = true;
        return promised;
    }();

    explicit faulty(Transport& below, faults const& f = {})
        : core_(std::make_shared<detail::faulty_core<Transport>>(below, f)) {
        if constexpr (requires { below.delivery() == delivery_mode::immediate; })
            if (below.delivery() == delivery_mode::immediate)
                throw std::invalid_argument("faulty: the local_transport below delivers inside "
                                            "publish; make it with delivery_mode::executor");
        core_->start();
    }
    faulty(faulty const&) = delete;
    faulty& operator=(faulty const&) = delete;
    ~faulty() { core_->stop(); }

    /// Cuts the link until heal, or leaves it cut.
    void cut() { core_->cut(detail::faulty_core<Transport>::time_point::max()); }

    /// Ends a cut, also one that the seed made; or leaves the link whole.
    void heal() { core_->heal(); }

    /// What was done to messages until now.
    fault_counts counts() const { return core_->counts(); }

    /// The seed, and line by line what was done to each message and to the link: the seconds since
    /// construction, "in" and the number of a message that came, or "out" and the number of one
    /// that was published, and its topic.
    std::string log() const { return core_->log(); }

    asio::any_io_executor get_executor() const { return core_->below().get_executor(); }

    std::error_code publish(message_view const& message, publish_completion done = {}) {
        return core_->publish(message, std::move(done));
    }

    std::error_code subscribe(interest const& what, std::shared_ptr<sink> const& s,
                              subscribe_completion done = {}) {
        return core_->subscribe(what, s, std::move(done));
    }

    void unsubscribe(interest const& what, sink const& s) noexcept { core_->unsubscribe(what, s); }

    std::shared_ptr<void> observe(observer o) { return core_->listeners().add(std::move(o)); }

    link_state state() const { return core_->state(); }

    hubbub::statistics statistics() const { return core_->read_statistics(); }

    /// Closes the transport below too. What is on its way out is unknown, what waits is closed.
    void close() noexcept {
        core_->stop();
        core_->below().close();
    }

private:
    std::shared_ptr<detail::faulty_core<Transport>> core_;
};

static_assert(transport<faulty<local_transport>>);

} // namespace hubbub::testing
