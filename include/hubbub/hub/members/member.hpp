// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/calls/call_lane.hpp>
#include <hubbub/hub/connect_options.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/members/mailbox.hpp>
#include <hubbub/hub/outbox.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace hubbub::detail {

template <class Bus>
class audience;

/// A call of a connection that waits for its turn.
class waiting_call {
public:
    virtual void start() = 0;

protected:
    ~waiting_call() = default;
};

/// A connection, as its server has it: a called_member or a read_member.
template <class Bus>
struct member : caller_state {
    /// By the policy: from then on calls reach it.
    std::atomic<bool> allowed = false;
    /// By the hub's owner too: from then on it counts as there.
    std::atomic<bool> admitted = false;
    /// Which of these have happened; whichever comes second tells the owner of the end.
    enum : unsigned { greeted = 1, ended = 2 };
    std::atomic<unsigned> owner_told = 0;
    /// Why it ended; set before ended is.
    std::unique_ptr<closing const> end = {};
    std::uint64_t number = 0;
    /// Where calls wait for it; null for a called_member.
    mailbox<invocation<typename Bus::serializer_type>>* mail = nullptr;
    /// What it wants to be told; null for nothing.
    std::unique_ptr<connect_options const> hooks = {};
    call_lane<std::shared_ptr<waiting_call>> calls = {}; // guarded by mutex
    /// The groups it is in, or about to be; guarded by the roster's lock.
    std::vector<std::shared_ptr<audience<Bus>>> groups = {};

protected:
    member() = default;
};

/// One that is called.
template <class Bus>
struct called_member final : member<Bus> {
    using outlet_type = outlet<typename Bus::serializer_type>;

    explicit called_member(outlet_type o) : out(std::move(o)) {}

    outlet_type const out;
};

/// One that is read.
template <class Bus>
struct read_member final : member<Bus> {
    /// total as of a mailbox.
    read_member(outbox_options const& options, std::atomic<std::size_t>& total)
        : box(options, total, this->mutex) {
        this->mail = &box;
    }

    mailbox<invocation<typename Bus::serializer_type>> box;
};

template <class Bus>
using member_ptr = std::shared_ptr<member<Bus>>;

template <class Bus>
using member_list = std::vector<member_ptr<Bus>>;

/// The order of lists of members: by when they connected, not by their addresses, so that it is the
/// same in each run.
template <class Bus>
bool connected_before(member_ptr<Bus> const& a, member_ptr<Bus> const& b) noexcept {
    return a->number < b->number;
}

} // namespace hubbub::detail
