// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/packed.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace hubbub {

namespace detail {

template <class Bus>
concept has_serializer = requires { typename Bus::serializer_type; };

/// The serializer of a bus. Another type gets a placeholder, so that the assertion where it is
/// named is the only error.
template <class Bus>
struct serializer_of {
    struct type {};
};
template <has_serializer Bus>
struct serializer_of<Bus> {
    using type = typename Bus::serializer_type;
};

} // namespace detail

/// One call of a client's method, as it reaches the client's server: a handle that is cheap to copy
/// and may be kept. All recipients share one.
///
/// Thread safety: distinct objects safe, also of one call.
template <class Serializer>
class invocation {
public:
    using packed = detail::packed;

    /// Makes an empty one, to be assigned to.
    invocation() = default;
    explicit invocation(detail::shared_call call, Serializer const& serializer)
        : call_(std::move(call)), serializer_(serializer) {}

    explicit operator bool() const noexcept { return static_cast<bool>(call_); }

    std::string_view method() const noexcept { return call_.method(); }

    /// Reads the arguments as a tuple of these types.
    /// Errors: malformed_payload if there are fewer or more, or of other types.
    template <class... Args>
    std::error_code arguments(std::tuple<Args...>& out) const {
        return detail::unpack(serializer_, call_.arguments(), out);
    }

    /// Does not compile.
    template <class... Args>
        requires(sizeof...(Args) != 0)
    std::error_code arguments(Args&... /*out*/) const {
        static_assert(sizeof...(Args) == 0,
                      "hubbub: the arguments of a call are read into one tuple: "
                      "std::tuple<std::string> all; call.arguments(all)");
        return {};
    }

    /// Returns whether somebody waits for an answer: then reply or fail, once, from any thread; a
    /// copy may be kept until then. If the last copy goes without, that is the failure
    /// method_failed.
    bool wants_answer() const noexcept { return call_.asked() != nullptr; }
    /// Answers with a value. Precondition for both: wants_answer.
    template <class T>
    void reply(T&& value) const {
        call_.asked()->take(detail::answer_with(serializer_, std::forward<T>(value)));
    }
    void reply() const { call_.asked()->take({}); }
    /// Answers with a value that is in the encoding of the bus already. If it is not one value in
    /// that encoding, or the bus has none, the answer is the failure cannot_encode.
    void reply_packed(hubbub::encoded value) const {
        detail::answer given;
        if (detail::pack_encoded(serializer_, std::move(value), given.value))
            given.error = errc::cannot_encode;
        call_.asked()->take(std::move(given));
    }
    /// Answers that the call failed, with a text for its caller.
    void fail(std::string text) const {
        call_.asked()->take({.error = hub_errc::method_failed, .text = std::move(text)});
    }

    /// Returns the arguments as they came, undecoded: the bytes of their encoding, or the object.
    packed const& packed_arguments() const noexcept { return call_.arguments(); }
    Serializer const& serializer() const noexcept { return serializer_; }

    /// The call in the form of a protocol of clients, which `encode(std::string& out)` makes: it is
    /// called once, by the first who asks, and all recipients share the bytes. protocol names the
    /// form, and is not empty. The bytes are there as long as a copy of the call. encode may ask
    /// for another form of the call, and not for its own.
    ///
    /// Errors: those of encode, for all who ask. An exception of encode passes through, and the next
    ///         call makes the form.
    template <class Encode>
    std::error_code encoded(std::string_view protocol, Encode encode, std::string_view& out) const {
        return call_.forms().get(protocol, std::move(encode), out);
    }

    /// Gives the arguments in the encoding of the bus, as their sender wrote them.
    /// Errors: cannot_encode, where the bus has no encoding.
    std::error_code encoded_arguments(std::string_view& out) const {
        if constexpr (in_place<Serializer>)
            return errc::cannot_encode;
        out = detail::encoding_of<Serializer>(call_.arguments());
        return {};
    }

    /// Returns about how many bytes the call takes in an outbox: those of its encoding, if it has
    /// any.
    std::size_t size() const { return call_.size(); }

    /// For the hub's own rooms.
    detail::shared_call const& shared() const noexcept { return call_; }

private:
    detail::shared_call call_;
    [[no_unique_address]] Serializer serializer_;
};

/// Gets each invocation of one connection, on the bus's executor. An exception that it throws is an
/// event client_handler_failed of the hub; the other connections still get the invocation.
template <class Serializer>
using client_handler = std::function<void(invocation<Serializer> const&)>;

} // namespace hubbub
