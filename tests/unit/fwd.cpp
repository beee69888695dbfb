// SPDX-License-Identifier: MIT
// The names that are declared beforehand are those of the library: it compiles behind them.
#include <hubbub/fwd.hpp>

namespace fwd_test {

using bus_type = hubbub::bus<hubbub::local_transport, hubbub::text_serializer, hubbub::no_trace>;

struct holder {
    bus_type* bus = nullptr;
    hubbub::sequenced<hubbub::redis_transport>* transport = nullptr;
    hubbub::any_transport* any = nullptr;
    hubbub::hub<bus_type>* hub = nullptr;
    hubbub::client_methods<bus_type>* methods = nullptr;
    hubbub::connection<bus_type>* connection = nullptr;
};

} // namespace fwd_test

#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/transport/make_redis.hpp>
#include <hubbub/transport/redis.hpp>

#include <doctest/doctest.h>

#include <type_traits>

TEST_CASE("names that are declared beforehand are those of the library") {
    static_assert(std::is_same_v<fwd_test::bus_type,
                                 hubbub::bus<hubbub::local_transport, hubbub::text_serializer>>);
    CHECK(fwd_test::holder{}.bus == nullptr);
    CHECK(fwd_test::holder{}.hub == nullptr);
}
