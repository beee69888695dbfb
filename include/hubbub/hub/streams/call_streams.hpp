// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace hubbub {

// Include <hubbub/hub/stream.hpp> for these.
template <class T>
class stream_reader;
template <class T>
class stream_writer;

} // namespace hubbub

namespace hubbub::detail {

template <class T>
inline constexpr bool is_reader = false;
template <class T>
inline constexpr bool is_reader<stream_reader<T>> = true;
template <class T>
inline constexpr bool is_writer = false;
template <class T>
inline constexpr bool is_writer<stream_writer<T>> = true;
template <class T>
inline constexpr bool is_stream = is_reader<T> || is_writer<T>;

class stream_pipe;

/// The right to receive from a pipe; its owners share it. When it is destroyed, the pipe is
/// cancelled.
class receiving_end {
public:
    explicit receiving_end(std::shared_ptr<stream_pipe> p) : pipe(std::move(p)) {}
    receiving_end(receiving_end const&) = delete;
    receiving_end& operator=(receiving_end const&) = delete;
    ~receiving_end();

    std::shared_ptr<stream_pipe> const pipe;
};

/// The streams that belong to one call of a connection. They are handed on until the method has
/// them, and kept by nobody on the way: when the method is done with a reader, nobody receives.
struct call_streams {
    /// Null if it is answered with a value.
    std::shared_ptr<stream_pipe> result = {};
    std::vector<std::shared_ptr<receiving_end>> arguments = {};
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/streams/impl/call_streams.ipp>
#endif
