// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>

#include <asio/strand.hpp>

#include <concepts>
#include <utility>

namespace hubbub::detail {

/// any_io_executor, with an answer of its own to what a strand asks before each function: whether
/// execute may block. Asio 1.22.1 allocates for that answer behind type erasure
/// (any_executor.hpp, query_fn).
class light_executor {
public:
    // A template, so that copying it does not ask whether it converts to any_io_executor, which
    // asks whether it is an executor, which asks whether it can be copied.
    template <std::same_as<asio::any_io_executor> Inner>
    explicit light_executor(Inner inner) : inner_(std::move(inner)) {}

    asio::execution_context& query(asio::execution::context_t what) const noexcept {
        return asio::query(inner_, what);
    }
    static constexpr asio::execution::blocking_t
    query(asio::execution::blocking_t /*what*/) noexcept {
        return asio::execution::blocking.possibly;
    }
    asio::any_io_executor require(asio::execution::blocking_t::never_t what) const {
        return asio::require(inner_, what);
    }

    template <class Function>
    void execute(Function function) const {
        inner_.execute(std::move(function));
    }

    friend bool operator==(light_executor const& a, light_executor const& b) noexcept {
        return a.inner_ == b.inner_;
    }
    friend bool operator!=(light_executor const& a, light_executor const& b) noexcept {
        return a.inner_ != b.inner_;
    }

private:
    asio::any_io_executor inner_;
};

/// Runs one thing at a time. Sockets and timers take it as it is: behind an any_io_executor,
/// which it is too large for, each of their operations would allocate several times.
using strand = asio::strand<light_executor>;

} // namespace hubbub::detail
