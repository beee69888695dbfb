// SPDX-License-Identifier: MIT
#pragma once

// The only file that knows which Asio this is. <version> comes first because Asio 1.22.1 looks for
// the standard library's aligned_alloc before it includes any standard header, and would otherwise
// allocate in one way here and in another way there.
#include <version>

#include <asio/version.hpp>

#if ASIO_VERSION < 102201
#error "hubbub needs Asio 1.22.1 or newer"
#endif

#include <asio/any_io_executor.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
