// The suite of transport.cpp over Redis with numbered messages.
#include "support/redis_transports.hpp"
#include "support/transports.hpp"

#include <hubbub/transport/sequenced.hpp>

#include <memory>

namespace {

struct sequenced_fixture : redis_tcp_fixture {
    using transport_type = hubbub::sequenced<hubbub::redis_transport>;

    std::unique_ptr<transport_type> make(hubbub::message_limits const& limits) {
        options.limits = limits;
        options.limits.max_payload_bytes += 37; // for the number
        return std::make_unique<transport_type>(io.get_executor(), options);
    }
};

} // namespace

TYPE_TO_STRING_AS("redis, sequenced", erased<erased<sequenced_fixture>>);

namespace {
keeps_the_contract<erased<sequenced_fixture>> const sequenced(__FILE__, __LINE__);
} // namespace
