// SPDX-License-Identifier: MIT
// What redis_transport is compiled to once. Needs hiredis.
#include <hubbub/redis/src.hpp>
