// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// How deep arrays and objects may nest, in what is encoded and in what is decoded.
inline constexpr std::size_t max_depth = 64;

/// Collects what is appended to a string, so that a message of usual size costs it one allocation.
class output {
public:
    explicit output(std::string& to) noexcept : to_(to) {}
    output(output const&) = delete;
    output& operator=(output const&) = delete;

    void put(char c) {
        if (used_ == sizeof buffer_)
            flush();
        buffer_[used_++] = c;
    }

    void put(std::string_view bytes) {
        if (bytes.size() > sizeof buffer_ - used_) {
            put_large(bytes);
            return;
        }
        if (bytes.empty()) // perhaps of no buffer at all
            return;
        std::memcpy(buffer_ + used_, bytes.data(), bytes.size());
        used_ += bytes.size();
    }

    /// Room for as many bytes, of which advance() keeps the first; at most 64.
    char* room(std::size_t size) {
        if (size > sizeof buffer_ - used_)
            flush();
        return buffer_ + used_;
    }
    void advance(char const* end) noexcept { used_ = static_cast<std::size_t>(end - buffer_); }

    /// The last thing done: what was collected is in the string.
    void flush() {
        to_.append(buffer_, used_);
        used_ = 0;
    }

private:
    void put_large(std::string_view bytes) {
        flush();
        to_.append(bytes);
    }

    std::string& to_;
    std::size_t used_ = 0;
    char buffer_[512]; // not set before it is used
};

} // namespace hubbub::detail
