// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/streams/call_streams.hpp>

#include <asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace hubbub::detail {

/// One call of a method, on its way to it.
struct method_call {
    caller who;
    shared_call what;
    std::shared_ptr<answer_sink> done;
    /// The executor on which the method goes on after it has awaited something.
    asio::any_io_executor executor;
    /// Whether the caller is told the text of any exception.
    bool detailed_errors = false;
    call_streams streams = {};
    /// It may be long: the next call runs when this one has begun.
    bool passes_turn = false;
};

/// Says why the streams of a call are not those of a method with so many readers, which answers
/// with a stream or not; empty if they are.
std::string mismatched_streams(method_call const& call, unsigned readers, bool answers);

/// A method of whatever type (typed_method). It unpacks the arguments of a call, and answers it.
class method : public std::enable_shared_from_this<method> {
public:
    method() = default;
    method(method const&) = delete;
    method& operator=(method const&) = delete;
    virtual ~method() = default;

    virtual void call(method_call call) = 0;
};

/// Owns m. Not by make_shared, which instantiates as much again for each type.
std::shared_ptr<method> shared(method* m);

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/calls/impl/method.ipp>
#endif
