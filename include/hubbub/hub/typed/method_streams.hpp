// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/calls/method.hpp>
#include <hubbub/hub/typed/packed_stream.hpp>
#include <hubbub/hub/typed/stream_arguments.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace hubbub::detail {

/// The streams among the parameters of a method, which come last.
template <class... Args>
    requires(is_stream<Args> || ...)
struct stream_parameters<std::tuple<Args...>> {
    using plain = decltype(std::tuple_cat(
        std::conditional_t<is_stream<Args>, std::tuple<>, std::tuple<Args>>()...));
    using streams = decltype(std::tuple_cat(
        std::conditional_t<is_stream<Args>, std::tuple<Args>, std::tuple<>>()...));
    static constexpr unsigned readers = (0U + ... + (is_reader<Args> ? 1U : 0U));
    static constexpr bool answers = (false || ... || is_writer<Args>);

    static_assert(std::is_same_v<decltype(std::tuple_cat(plain(), streams())), std::tuple<Args...>>,
                  "hubbub: the streams of a method come after its other arguments");
    static_assert((0 + ... + (is_writer<Args> ? 1 : 0)) <= 1,
                  "hubbub: a method answers with one stream at most");

    /// Takes the streams of a call out of it. Precondition: no mismatch.
    template <class Serializer>
    static streams take(method_call& call, Serializer const& serializer) {
        streams made;
        std::size_t reader = 0;
        auto const fill = [&]<class T>(T& stream) {
            using item = typename T::item_type;
            if constexpr (is_writer<T>) {
                stream = T(std::make_shared<packing_sink<item, Serializer>>(
                    call.executor, call.streams.result, serializer, call.done));
            } else {
                auto const position = std::tuple_size_v<plain> + reader + 1;
                stream = T(std::make_shared<unpacking_source<item, Serializer>>(
                    call.executor, std::move(call.streams.arguments[reader++]), serializer,
                    hub_errc::wrong_arguments,
                    "argument " + std::to_string(position) + " of '" +
                        std::string(call.what.method()) + "'"));
            }
        };
        std::apply([&](auto&... all) { (fill(all), ...); }, made);
        return made;
    }
};

} // namespace hubbub::detail
