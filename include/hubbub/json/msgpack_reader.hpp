// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/json/name_table.hpp>
#include <hubbub/json/output.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hubbub::detail::msgpack {

/// Takes one MessagePack value apart, piece by piece, from bytes that anyone may have sent: what
/// json::reader does for JSON.
///
/// The keys of maps are strings; a map with others is broken().
/// Source: github.com/msgpack/msgpack/blob/master/spec.md, Formats.
class reader {
public:
    static constexpr bool is_text = false;

    explicit reader(std::string_view bytes) noexcept
        : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    /// Takes null, and nothing else: the reader stays where it is.
    bool null() noexcept;
    bool boolean(bool& value) noexcept;
    bool integer(std::int64_t least, std::uint64_t most, std::uint64_t& bits) noexcept;
    bool floating(double& value) noexcept;
    bool floating(float& value) noexcept;
    bool text(std::string& value);
    bool text_view(std::string_view& value) noexcept;
    /// Bytes, an extension's too, or an array of numbers.
    bool bytes(std::vector<std::byte>& value);
    bool encoded(std::string_view& value) noexcept;
    bool skip() noexcept;

    bool begin_array() noexcept;
    bool element() noexcept { return more(); }

    bool begin_object() noexcept;
    std::size_t member(name_table const& known, std::size_t expected) noexcept;
    bool member(std::string& name);

    struct mark {
        char const* at;
        std::size_t depth;
    };
    mark here() const noexcept { return {at_, depth_}; }
    bool pass(mark where) noexcept {
        at_ = where.at;
        depth_ = where.depth;
        return !broken_ && skip();
    }

    bool broken() const noexcept { return broken_; }
    bool finished() const noexcept { return !broken_ && at_ == end_; }

private:
    /// The kind of a value, and what its first bytes say beside it.
    enum class kind { null, boolean, natural, negative, fraction, text, bytes, array, map };
    struct head {
        kind is;
        /// The number's bits; or how many bytes or values follow.
        std::uint64_t number;
        double fraction;
    };

    bool fail() noexcept {
        broken_ = true;
        return false;
    }
    bool take(head& found) noexcept;
    bool take_number(std::size_t size, std::uint64_t& number) noexcept;
    bool take_sized(head& found, kind is, std::size_t size) noexcept;
    bool take_extension(head& found, std::uint64_t size) noexcept;
    bool run(std::uint64_t size, std::string_view& bytes) noexcept;
    bool open(kind is) noexcept;
    bool enter(std::uint64_t size) noexcept;
    bool more() noexcept;

    char const* at_;
    char const* end_;
    std::size_t depth_ = 0;
    bool broken_ = false;
    std::uint64_t
        left_[max_depth]; // values, or members, that follow at each level; set on entering
};

} // namespace hubbub::detail::msgpack

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/json/impl/msgpack_reader.ipp>
#endif
