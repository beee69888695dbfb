// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/executor_argument.hpp>

namespace hubbub::detail {

HUBBUB_DECL executor_argument::executor_argument(asio::io_context::executor_type const& given)
    : any(given) {}
HUBBUB_DECL executor_argument::executor_argument(asio::io_context& given)
    : any(given.get_executor()) {}

} // namespace hubbub::detail
