// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/connect_options.hpp>
#include <hubbub/hub/invocation.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace hubbub::detail {

class audience;
class mailbox;

/// A connection, as its server has it: a called_member, or a read_member (mailbox.hpp).
struct member : caller_state {
    /// Where calls wait for it; null for one that is called.
    virtual mailbox* mail() noexcept { return nullptr; }
    /// Calls it. Throws what its handler throws. Precondition: it has no mailbox.
    virtual void call(shared_call const& /*what*/) {}

    /// By the policy: from then on calls reach it.
    std::atomic<bool> allowed = false;
    /// By the hub's owner too: from then on it counts as there.
    std::atomic<bool> admitted = false;
    /// Which of these have happened; the second of them has the owner told of the end.
    enum : unsigned { connect_reported = 1, end_reported = 2 };
    std::atomic<unsigned> reported = 0;
    /// Why it ended; set before end_reported is.
    std::unique_ptr<close_reason const> end = {};
    std::uint64_t number = 0;
    /// The functions that it wants called; null for none.
    std::unique_ptr<connect_options const> hooks = {};
    /// The groups it is in, or about to be; guarded by the roster's lock.
    std::vector<std::shared_ptr<audience>> groups = {};

protected:
    member() = default;
};

/// One that is called.
template <class Serializer>
struct called_member final : member {
    called_member(client_handler<Serializer> o, Serializer s)
        : out(std::move(o)), format(std::move(s)) {}

    void call(shared_call const& what) override { out(invocation<Serializer>(what, format)); }

    client_handler<Serializer> const out;
    [[no_unique_address]] Serializer const format;
};

using member_ptr = std::shared_ptr<member>;
using member_list = std::vector<member_ptr>;

/// The order of lists of members: by when they connected, not by their addresses, so that it is the
/// same in each run.
inline bool connected_before(member_ptr const& a, member_ptr const& b) noexcept {
    return a->number < b->number;
}

} // namespace hubbub::detail
