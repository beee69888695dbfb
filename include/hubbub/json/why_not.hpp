// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/shape.hpp>

#include <type_traits>

// Says in one line why a type has no form, and what to write instead. The compiler's notes beside
// the line name the type.
namespace hubbub::detail::shapes {

template <bool Reading, class T, class... Above>
consteval auto culprit();

template <bool Reading, class... Above, class Part, class... Rest>
consteval auto culprit_among(types<Part, Rest...>) {
    using part = std::remove_cvref_t<Part>;
    if constexpr (Reading ? decodes_whole<part, Above...>() : encodes_whole<part, Above...>())
        return shapes::culprit_among<Reading, Above...>(types<Rest...>{});
    else
        return shapes::culprit<Reading, part, Above...>();
}

/// The part of a T, or the T itself, that has no form: a T as a whole has none. Its parts are in
/// types Above.
template <bool Reading, class T, class... Above>
consteval auto culprit() {
    if constexpr (has_parts(shape_of<T>()) && (!Reading || reads<T>()))
        return shapes::culprit_among<Reading, T, Above...>(parts_of<T>());
    else
        return std::type_identity<T>{};
}

template <class>
inline constexpr bool has_form = false;

/// A part of a serializer, so that few notes of the compiler stand beside the line.
struct says_why_not {
    /// Does not compile, and says what is to be changed of a T that cannot be encoded, or, if
    /// Reading, decoded.
    template <class T, bool Reading>
    static consteval void why_not() {
        using part = typename decltype(culprit<Reading, T>())::type;
        constexpr auto form = shape_of<part>();
        constexpr bool is_struct = std::is_class_v<part> && std::is_aggregate_v<part>;
        if constexpr (std::is_pointer_v<part>)
            static_assert(has_form<part>,
                          "hubbub: a pointer cannot be sent or received; name what it "
                          "points to, or a std::optional of that");
        else if constexpr (std::is_array_v<part>)
            static_assert(has_form<part>, "hubbub: an array of C cannot be sent; write std::array");
        else if constexpr (form == shape::foreign)
            static_assert(has_form<part>, "hubbub: this type has one of to_json and from_json "
                                          "(nlohmann's), and needs the other too");
        else if constexpr (form == shape::text)
            static_assert(has_form<part>,
                          "hubbub: text is received as std::string, and not as a view");
        else if constexpr (form != shape::none)
            static_assert(has_form<part>,
                          "hubbub: this type can be sent, and not be received: it is "
                          "const, cannot grow, or has elements without a default "
                          "constructor");
        else if constexpr (is_struct && has_base<part>)
            static_assert(has_form<part>,
                          "hubbub: a struct with a base class cannot be sent by its "
                          "members; make the base a member");
        else if constexpr (is_struct && field_count<part>() > max_fields)
            static_assert(has_form<part>,
                          "hubbub: a struct of more than 24 members cannot be sent by "
                          "them; make some of them a struct of their own");
        else if constexpr (is_struct)
            static_assert(has_form<part>,
                          "hubbub: this struct has an array of C, or a member that {} "
                          "does not make; write std::array, or give the member a default "
                          "constructor");
        else
            static_assert(has_form<part>,
                          "hubbub: this type has no JSON or MessagePack form: send a "
                          "struct of its values, or write to_json and from_json "
                          "(nlohmann's), and include <hubbub/serializer/nlohmann.hpp>");
    }
};

} // namespace hubbub::detail::shapes
