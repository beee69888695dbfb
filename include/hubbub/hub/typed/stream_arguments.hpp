// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/streams/call_streams.hpp>

#include <memory>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

// What calls and methods without streams have to do with streams. With some they need
// <hubbub/hub/stream.hpp>, which has the rest.
namespace hubbub::detail {

/// Whether streams of T are there. If not, says why in one line.
template <class T>
consteval bool check_streams() {
    constexpr bool is_there = requires { sizeof(stream_reader<T>); };
    static_assert(is_there, "hubbub: streams need <hubbub/hub/stream.hpp>");
    return is_there;
}

template <class Tuple>
inline constexpr bool has_streams = false;
template <class... Args>
inline constexpr bool has_streams<std::tuple<Args...>> = (is_stream<Args> || ...);

/// The streams among the arguments of a call: none.
template <class Serializer, class Tuple>
struct stream_arguments {
    static_assert(!has_streams<Tuple>,
                  "hubbub: a call with a stream among its arguments needs <hubbub/hub/stream.hpp>");

    static Tuple take(Tuple arguments, call_streams& /*streams*/, std::error_code& /*error*/) {
        return arguments;
    }
};

/// The streams among the parameters of a method, which come last: none.
template <class Tuple>
struct stream_parameters {
    static_assert(
        !has_streams<Tuple>,
        "hubbub: a method with streams among its parameters needs <hubbub/hub/stream.hpp>");

    using plain = Tuple;
    static constexpr bool answers = false;
    static constexpr unsigned readers = 0;
};

} // namespace hubbub::detail
