// SPDX-License-Identifier: MIT
#pragma once

// The bus and what needs Asio alone. Beside it: <hubbub/hub.hpp>, and each with a dependency of its
// own, <hubbub/transport/redis.hpp>, <hubbub/serializer/json.hpp>, <hubbub/serializer/msgpack.hpp>.
#include <hubbub/bus.hpp>
#include <hubbub/error.hpp>
#include <hubbub/event.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/memory_budget.hpp>
#include <hubbub/queue.hpp>
#include <hubbub/receiver.hpp>
#include <hubbub/serializer.hpp>
#include <hubbub/serializer/in_place.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/statistics.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/trace.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/any.hpp>
#include <hubbub/transport/drain.hpp>
#include <hubbub/transport/local.hpp>
#include <hubbub/version.hpp>
