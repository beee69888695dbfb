// SPDX-License-Identifier: MIT
#include <support/redis_transports.hpp>

namespace {

keeps_the_contract<erased<redis_tcp_fixture>> const tcp(__FILE__, __LINE__);
keeps_the_contract<erased<redis_unix_fixture>> const unix_socket(__FILE__, __LINE__);

} // namespace

TEST_CASE("the suite has not lost its cases on the way to the Redis transport") {
    CHECK(tcp.count() > 50);
    CHECK(unix_socket.count() > 50);
}
