// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/error.hpp>
#include <hubbub/serializer.hpp>

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

// The arguments and answers of calls, on their way: written once, by the serializer of the bus, and
// read where they arrive. What is between does not know their types.
namespace hubbub::detail {

/// Arguments, or a value, in the serializer's encoding; or, where the serializer makes none, one
/// object that all share.
struct packed : encoded {
    packed() = default;
    explicit packed(std::string encoding) : encoded{std::move(encoding)} {}

    /// Whether there is no value.
    bool empty() const noexcept { return bytes.empty() && !object; }

    std::shared_ptr<void const> object = {};
    /// The type of object, and those of its elements if it is a tuple.
    std::type_info const* type = nullptr;
    std::span<std::type_info const* const> element_types = {};
};

/// How a bus carries frames.
enum class frame_format {
    /// As the objects they are.
    objects,
    /// As JSON or MessagePack, arguments of the same encoding within.
    json,
    msgpack,
    /// As MessagePack, with arguments of another encoding within, as bytes.
    opaque,
};

template <class Serializer>
constexpr frame_format format_of() {
    if constexpr (in_place<Serializer>)
        return frame_format::objects;
    else if constexpr (requires { Serializer::format; })
        return Serializer::format == wire_format::json ? frame_format::json : frame_format::msgpack;
    else
        return frame_format::opaque;
}

/// The encoding of null; empty in a format that has none.
std::string_view null_in(frame_format format) noexcept;
/// Makes a MessagePack value of bytes, and takes them out again.
std::string wrap_opaque(std::string_view bytes);
std::string_view unwrap_opaque(std::string_view value) noexcept;

/// The type in which an argument travels: text by value, the rest as it is.
template <class T>
using argument = std::conditional_t<std::convertible_to<T, std::string_view>, std::string,
                                    std::remove_cvref_t<T>>;

/// The types of a tuple's elements; none for what is no tuple.
template <class T>
struct types_within {
    static constexpr std::span<std::type_info const* const> all = {};
};
template <class... Args>
struct types_within<std::tuple<Args...>> {
    static constexpr std::type_info const* list[sizeof...(Args) + 1] = {&typeid(Args)..., nullptr};
    static constexpr std::span<std::type_info const* const> all{list, sizeof...(Args)};
};

/// Packs a value, which is a tuple if it is the arguments of a call. Errors: those of the
/// serializer.
template <class Serializer, class T>
std::error_code pack(Serializer const& serializer, T value, packed& out) {
    if constexpr (in_place<Serializer>) {
        out.object = std::make_shared<T const>(std::move(value));
        out.type = &typeid(T);
        out.element_types = types_within<T>::all;
        return {};
    } else if constexpr (check_encodes<Serializer, T>()) {
        if (auto const error = serializer.encode(value, out.bytes)) {
            out.bytes.clear(); // half a value would spoil the frame that carries it
            return error;
        }
        if constexpr (format_of<Serializer>() == frame_format::opaque)
            out.bytes = wrap_opaque(out.bytes);
        return {};
    } else {
        return errc::cannot_encode;
    }
}

/// Packs what is encoded already. Errors: malformed_payload, if it is not one value in the encoding
/// of the serializer; cannot_encode, of a serializer that makes no encoding.
template <class Serializer>
std::error_code pack_encoded(Serializer const& serializer, encoded value, packed& out) {
    constexpr bool reads = !in_place<Serializer> && decodes<Serializer, encoded>;
    if constexpr (!reads) {
        return errc::cannot_encode;
    } else {
        encoded whole;
        if (auto const error = serializer.decode(value.bytes, whole))
            return error;
        out.bytes = std::move(value.bytes);
        if constexpr (format_of<Serializer>() == frame_format::opaque)
            out.bytes = wrap_opaque(out.bytes);
        return {};
    }
}

/// The bytes that the serializer made.
template <class Serializer>
std::string_view encoding_of(packed const& from) noexcept {
    constexpr auto format = format_of<Serializer>();
    if (from.bytes.empty())
        return null_in(format);
    if constexpr (format == frame_format::opaque)
        return unwrap_opaque(from.bytes);
    else
        return from.bytes;
}

/// Takes a value out again. Errors: malformed_payload if it is of another type, or a conversion or
/// a copy of the user's throws, whatever it throws: what others sent must not end an event loop.
template <class Serializer, class T>
std::error_code unpack(Serializer const& serializer, packed const& from, T& out) {
    try {
        if constexpr (in_place<Serializer>) {
            if (from.type == nullptr || *from.type != typeid(T))
                return errc::malformed_payload;
            out = *static_cast<T const*>(from.object.get());
            return {};
        } else if constexpr (check_decodes<Serializer, T>()) {
            return serializer.decode(encoding_of<Serializer>(from), out);
        }
    } catch (...) { // whatever a conversion of the user's throws
        return errc::malformed_payload;
    }
}

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/frames/impl/packed.ipp>
#endif
