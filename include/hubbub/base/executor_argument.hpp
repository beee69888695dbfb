// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>

#include <asio/io_context.hpp>

#include <concepts>
#include <utility>

namespace hubbub::detail {

/// The executor that a transport is to be on: any that converts to any_io_executor, or an
/// io_context or thread_pool, which have one. The library converts that of an io_context where it
/// is compiled: in a user's file this would cost as much as all else that it needs of the bus.
class executor_argument {
public:
    // NOLINTBEGIN(google-explicit-constructor): a user gives an executor.
    executor_argument(asio::io_context::executor_type const& given);
    executor_argument(asio::io_context& given);
    template <std::derived_from<asio::execution_context> Context>
    executor_argument(Context& given) : any(given.get_executor()) {}
    template <class Executor>
        requires(!std::same_as<Executor, asio::io_context::executor_type> &&
                 !std::same_as<Executor, executor_argument> &&
                 std::convertible_to<Executor, asio::any_io_executor>)
    executor_argument(Executor given) : any(std::move(given)) {}
    // NOLINTEND(google-explicit-constructor)

    asio::any_io_executor any;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/base/impl/executor_argument.ipp>
#endif
