// SPDX-License-Identifier: MIT
#pragma once

// As <hubbub/src.hpp>, which is needed beside it, with <hubbub/redis/src.hpp>: what
// redis_tls_transport adds. Needs OpenSSL.
#if !defined(HUBBUB_SEPARATE_COMPILATION)
#error                                                                                             \
    "hubbub: <hubbub/redis/src_tls.hpp> is for programs that define HUBBUB_SEPARATE_COMPILATION everywhere"
#endif

#include <hubbub/redis/impl/tls_context.ipp>
#include <hubbub/redis/impl/tls_error.ipp>
#include <hubbub/redis/impl/tls_stream.ipp>
#include <hubbub/transport/impl/make_redis_tls.ipp>
#include <hubbub/transport/impl/redis_tls.ipp>
