// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/hooks.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/mailbox.hpp>
#include <hubbub/hub/member.hpp>
#include <hubbub/hub/outbox.hpp>
#include <hubbub/hub/roster.hpp>

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace hubbub::detail {

/// Keeps the outboxes of one server within their bounds, each and all together.
///
/// Thread safety: all functions, from any thread.
/// Complexity:    linear in the connections for each step by which the budget is met.
template <class Bus>
class outboxes {
public:
    using invocation_type = invocation<typename Bus::serializer_type>;
    /// Ends a connection that is too slow.
    using ender = std::function<void(member_ptr<Bus> const&)>;

    outboxes(std::size_t budget, roster<Bus> const& all, hub_hooks const& hooks, ender end)
        : budget_(budget), all_(&all), hooks_(&hooks), end_(std::move(end)) {}

    /// Lets a connection be read instead of called.
    void give(member<Bus>& c, outbox_options const& options) const {
        c.mail = std::make_unique<mailbox<invocation_type>>(options, bytes_);
    }

    /// Calls a connection, or puts the call, which has a size once one was put, into its outbox. False
    /// if its outlet threw, which is told to the hub's owner.
    bool call(member_ptr<Bus> const& c, invocation_type const& what, std::size_t& size) const {
        if (c->mail) {
            if (size == 0)
                size = what.size();
            put(c, what, size);
            return true;
        }
        try {
            c->out(what);
            return true;
        } catch (...) { // whatever an outlet throws
            hooks_->notify(outlet_failed{c->id, what.method(), std::current_exception()});
            return false;
        }
    }

private:
    /// Puts a call into a connection's outbox.
    void put(member_ptr<Bus> const& c, invocation_type const& what, std::size_t size) const {
        auto const result = c->mail->push(what, size);
        report(*c, result.dropped.size());
        if (result.ends)
            end_(c);
        while (*bytes_ > budget_ && relieve()) {
        }
    }

    /// Takes from who holds most; false if nobody holds anything.
    bool relieve() const {
        member_ptr<Bus> worst;
        std::size_t most = 0;
        for (auto& c : all_->members())
            if (auto const bytes = c->mail ? c->mail->bytes() : 0; bytes > most) {
                most = bytes;
                worst = std::move(c);
            }
        if (!worst)
            return false;
        std::size_t const total = *bytes_;
        if (total <= budget_)
            return true;
        bool const ends = worst->mail->when_full() == overflow::disconnect;
        auto const dropped = ends ? worst->mail->give_up() : worst->mail->shed(total - budget_);
        report(*worst, dropped.size());
        if (ends)
            end_(worst);
        return true;
    }

    void report(member<Bus> const& c, std::size_t dropped) const {
        if (dropped != 0)
            hooks_->notify(calls_dropped{c.id, dropped});
    }

    std::size_t const budget_;
    roster<Bus> const* const all_;
    hub_hooks const* const hooks_;
    ender const end_;
    std::shared_ptr<std::atomic<std::size_t>> const bytes_ =
        std::make_shared<std::atomic<std::size_t>>(0);
};

} // namespace hubbub::detail
