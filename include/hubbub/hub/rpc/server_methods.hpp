// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/calls/hooks.hpp>
#include <hubbub/hub/calls/method_table.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/streams/stop_list.hpp>

#include <memory>
#include <mutex>

namespace hubbub::detail {

/// Runs the methods of one server that the servers call, this one too.
///
/// Thread safety: all functions, from any thread. No lock is held while a user's code runs.
class server_methods {
public:
    server_methods(asio::any_io_executor executor, std::shared_ptr<hub_hooks const> hooks);

    /// Calls a method. That it fails is told to the owner, since maybe nobody waits for the answer.
    /// Errors of the answer: closed; those of the method.
    void call(shared_call const& what, completion<answer> done);

    /// Stops the methods that run, and runs no other.
    void close();

    method_table by_name;

private:
    asio::any_io_executor const executor_;
    std::shared_ptr<hub_hooks const> const hooks_;

    std::mutex mutex_; // guards what follows
    bool open_ = true;
    stop_list running_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/rpc/impl/server_methods.ipp>
#endif
