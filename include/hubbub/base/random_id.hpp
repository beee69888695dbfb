// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>

#include <cstdint>
#include <string>

namespace hubbub::detail {

/// 64 random bits; where the executor's time is a test's, the same in each run of the test.
std::uint64_t random_bits(asio::any_io_executor const& executor);

/// The same as 16 hexadecimal digits: no two ids are alike.
std::string random_id(asio::any_io_executor const& executor);

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/base/impl/random_id.ipp>
#endif
