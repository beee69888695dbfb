// SPDX-License-Identifier: MIT
#pragma once

// As <hubbub/src.hpp>, which is needed beside it: what redis_transport is made of. Needs hiredis.
#if !defined(HUBBUB_SEPARATE_COMPILATION)
#error                                                                                             \
    "hubbub: <hubbub/redis/src.hpp> is for programs that define HUBBUB_SEPARATE_COMPILATION everywhere"
#endif

#include <hubbub/redis/impl/answer_deadline.ipp>
#include <hubbub/redis/impl/connection.ipp>
#include <hubbub/redis/impl/core.ipp>
#include <hubbub/redis/impl/endpoint_order.ipp>
#include <hubbub/redis/impl/lifecycle.ipp>
#include <hubbub/redis/impl/link_watch.ipp>
#include <hubbub/redis/impl/plain_stream.ipp>
#include <hubbub/redis/impl/probe.ipp>
#include <hubbub/redis/impl/publish_queue.ipp>
#include <hubbub/redis/impl/publish_session.ipp>
#include <hubbub/redis/impl/resp.ipp>
#include <hubbub/redis/impl/server_error.ipp>
#include <hubbub/redis/impl/shared.ipp>
#include <hubbub/redis/impl/subscribe_session.ipp>
#include <hubbub/redis/impl/subscription_set.ipp>
#include <hubbub/transport/impl/make_redis.ipp>
#include <hubbub/transport/impl/redis.ipp>
#include <hubbub/transport/impl/redis_options.ipp>
