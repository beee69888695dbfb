// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/calls/hooks.hpp>
#include <hubbub/hub/calls/method_table.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/streams/call_streams.hpp>

#include <memory>

namespace hubbub::detail {

/// Runs the methods of a hub for its connections: those of one connection in the order called, and
/// as many at a time as allowed.
///
/// Thread safety: all functions, from any thread; methods run with no lock held.
class dispatcher : public std::enable_shared_from_this<dispatcher> {
public:
    dispatcher(asio::any_io_executor executor, hub_options const& options,
               std::shared_ptr<hub_hooks const> hooks);

    /// Calls a method for a connection, on this thread if none of its calls runs; done completes
    /// with the answer.
    void invoke(std::shared_ptr<caller_state> const& who, shared_call what, call_streams streams,
                completion<answer> done);

    method_table methods;

private:
    class running_call;

    asio::any_io_executor const executor_;
    hub_options const options_;
    std::shared_ptr<hub_hooks const> const hooks_;
};

/// A connection has ended: its calls that wait are answered on the executor, though one before them
/// may run on.
void end_calls(caller_state& who, asio::any_io_executor const& executor);

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/calls/impl/dispatcher.ipp>
#endif
