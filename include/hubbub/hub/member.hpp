// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/call_lane.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/closing.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/mailbox.hpp>
#include <hubbub/hub/question.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
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

/// A connection, as its server has it.
template <class Bus>
struct member : caller_state {
    std::uint64_t number = 0;
    outlet<typename Bus::serializer_type> out = {};
    std::atomic<bool> admitted = false;
    /// Null if it is called by out.
    std::unique_ptr<mailbox<invocation<typename Bus::serializer_type>>> mail = {};
    std::function<void(closing const&)> on_closed = {};
    std::function<void(std::string const&)> on_drain = {};
    call_lane<std::shared_ptr<waiting_call>> calls = {};
    question_list<typename Bus::serializer_type> questions = {};
    /// The groups it is in, or about to be; guarded by the roster's lock.
    std::vector<std::shared_ptr<audience<Bus>>> groups = {};
};

template <class Bus>
using member_ptr = std::shared_ptr<member<Bus>>;

template <class Bus>
using member_list = std::vector<member_ptr<Bus>>;

} // namespace hubbub::detail
