// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/hub/outcome.hpp>

#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Takes the items of a stream, whatever they travel as.
template <class T>
class stream_sink {
public:
    explicit stream_sink(asio::any_io_executor e) : executor(std::move(e)) {}
    stream_sink(stream_sink const&) = delete;
    stream_sink& operator=(stream_sink const&) = delete;
    virtual ~stream_sink() = default;

    virtual std::error_code try_send(T item) = 0;
    /// Returns what cancel_send takes.
    virtual std::uint64_t send(T item, completion<std::error_code> done) = 0;
    virtual void cancel_send(std::uint64_t number) = 0;
    virtual void end(std::error_code error, std::string text) = 0;

    asio::any_io_executor const executor;
};

/// Gives the items of a stream. When it is destroyed, nobody receives any more.
template <class T>
class stream_source {
public:
    explicit stream_source(asio::any_io_executor e) : executor(std::move(e)) {}
    stream_source(stream_source const&) = delete;
    stream_source& operator=(stream_source const&) = delete;
    virtual ~stream_source() = default;

    /// Returns what cancel_receive takes.
    virtual std::uint64_t receive(completion<outcome<T>> done) = 0;
    virtual void cancel_receive(std::uint64_t number) = 0;

    asio::any_io_executor const executor;
};

} // namespace hubbub::detail
