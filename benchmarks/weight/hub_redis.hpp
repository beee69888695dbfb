// SPDX-License-Identifier: MIT
#pragma once

// A hub on Redis, as two files of a program name it.
#include <hubbub/bus.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/transport/redis.hpp>
#include <hubbub/transport/sequenced.hpp>

using transport_type = hubbub::sequenced<hubbub::redis_transport>;
using bus_type = hubbub::bus<transport_type, hubbub::json_serializer>;

void register_methods(hubbub::hub<bus_type>& hub);
