// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bench {

// A payload tells whether it is the right one, whole: its number, a checksum, a filling.

inline constexpr std::size_t least_payload = 16;
inline constexpr std::size_t most_payload = std::size_t{16} << 20;

namespace detail {

inline std::uint64_t word_at(std::string_view bytes, std::size_t offset,
                             std::size_t size = sizeof(std::uint64_t)) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + offset, size);
    return word;
}

/// In words, so that checking costs little beside what is measured.
inline std::uint64_t sum(std::string_view bytes) noexcept {
    std::uint64_t total = 0;
    std::size_t at = 0;
    for (; at + sizeof total <= bytes.size(); at += sizeof total)
        total += word_at(bytes, at);
    return at < bytes.size() ? total + word_at(bytes, at, bytes.size() - at) : total;
}

inline std::uint64_t seal(std::uint64_t number, std::uint64_t filling) noexcept {
    return (number + 1) * 0x9E3779B97F4A7C15 + filling;
}

} // namespace detail

// A payload has least_payload bytes at least, or these may not be called.
inline std::uint64_t number_of(std::string_view payload) noexcept {
    return detail::word_at(payload, 0);
}

inline std::uint64_t checksum_of(std::string_view payload) noexcept {
    return detail::word_at(payload, 8);
}

/// Whether every byte is as it was made.
inline bool is_intact(std::string_view payload) noexcept {
    return payload.size() >= least_payload &&
           checksum_of(payload) ==
               detail::seal(number_of(payload), detail::sum(payload.substr(least_payload)));
}

/// Makes payloads. Their fillings differ from one to the next, and are made once.
class message_maker {
public:
    explicit message_maker(std::size_t bytes) {
        std::uint64_t random = 1;
        for (auto& f : forms_) {
            f.bytes.resize(bytes);
            for (auto& c : f.bytes) {
                random = random * 6364136223846793005 + 1442695040888963407;
                c = static_cast<char>(random >> 56);
            }
            f.filling = detail::sum(std::string_view(f.bytes).substr(least_payload));
        }
    }

    /// Valid until the next one is made.
    std::string_view make(std::uint64_t number) noexcept {
        auto& f = forms_[number % forms_.size()];
        auto const seal = detail::seal(number, f.filling);
        std::memcpy(f.bytes.data(), &number, sizeof number);
        std::memcpy(f.bytes.data() + sizeof number, &seal, sizeof seal);
        return f.bytes;
    }

private:
    struct form {
        std::string bytes;
        std::uint64_t filling = 0; // its sum
    };

    std::array<form, 4> forms_;
};

} // namespace bench
