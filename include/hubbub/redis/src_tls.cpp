// SPDX-License-Identifier: MIT
// What redis_tls_transport is compiled to once. Needs OpenSSL.
#include <hubbub/redis/src_tls.hpp>
