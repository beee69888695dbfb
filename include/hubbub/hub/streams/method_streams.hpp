// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/stream.hpp>
#include <hubbub/hub/streams/packed_stream.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace hubbub::detail {

template <class T>
inline constexpr bool is_reader = false;
template <class T>
inline constexpr bool is_reader<stream_reader<T>> = true;
template <class T>
inline constexpr bool is_writer = false;
template <class T>
inline constexpr bool is_writer<stream_writer<T>> = true;

/// The streams among the arguments of a method, which come last.
template <class Tuple>
struct stream_parameters;
template <class... Args>
struct stream_parameters<std::tuple<Args...>> {
    template <class T>
    static constexpr bool is_stream = is_reader<T> || is_writer<T>;

    using plain = decltype(std::tuple_cat(
        std::conditional_t<is_stream<Args>, std::tuple<>, std::tuple<Args>>()...));
    using streams = decltype(std::tuple_cat(
        std::conditional_t<is_stream<Args>, std::tuple<Args>, std::tuple<>>()...));
    static constexpr std::size_t readers = (0 + ... + (is_reader<Args> ? 1 : 0));
    static constexpr bool answers = (false || ... || is_writer<Args>);

    static_assert(std::is_same_v<decltype(std::tuple_cat(plain(), streams())), std::tuple<Args...>>,
                  "hubbub: the streams of a method come after its other arguments");
    static_assert((0 + ... + (is_writer<Args> ? 1 : 0)) <= 1,
                  "hubbub: a method answers with one stream at most");

    /// Says why the streams of a call are not those of the method; empty if they are.
    template <class Call>
    static std::string mismatch(Call const& call) {
        auto const name = "'" + std::string(call.what.method()) + "'";
        auto const given = call.streams.arguments.size();
        if (given != readers)
            return name + " takes " + std::to_string(readers) + " streams, not " +
                   std::to_string(given);
        if (answers != (call.streams.result != nullptr))
            return name + (answers ? " answers with a stream" : " answers with no stream");
        return {};
    }

    /// Takes the streams of a call out of it. Precondition: no mismatch.
    template <class Call>
    static streams take(Call& call) {
        streams made;
        std::size_t reader = 0;
        auto const fill = [&]<class T>(T& stream) {
            using item = typename T::item_type;
            auto const& what = call.what;
            using serializer = std::remove_cvref_t<decltype(what.serializer())>;
            if constexpr (is_writer<T>) {
                stream = T(std::make_shared<packing_sink<item, serializer>>(
                    call.executor, call.streams.result, what.serializer(), call.done));
            } else {
                auto const position = std::tuple_size_v<plain> + reader + 1;
                stream = T(std::make_shared<unpacking_source<item, serializer>>(
                    call.executor, std::move(call.streams.arguments[reader++]), what.serializer(),
                    errc::wrong_arguments,
                    "argument " + std::to_string(position) + " of '" + std::string(what.method()) +
                        "'"));
            }
        };
        std::apply([&](auto&... all) { (fill(all), ...); }, made);
        return made;
    }
};

} // namespace hubbub::detail
