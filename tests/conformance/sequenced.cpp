// The suite of transport.cpp over Redis with numbered messages.
#include "support/redis_transports.hpp"
#include "support/transports.hpp"

#include <hubbub/transport/sequenced.hpp>

#include <memory>

namespace {

struct sequenced_fixture : redis_tcp_fixture {
    using transport_type = hubbub::sequenced<hubbub::redis_transport>;

    transport_type make(hubbub::message_limits const& limits) {
        options.limits = limits;
        options.limits.max_payload_bytes += 37; // for the number
        return transport_type(hubbub::redis_transport(io, options));
    }
};

/// As docs/redis.md stacks it, on the local transport as it stands.
struct sequenced_local_fixture : local_executor_fixture {
    using transport_type = hubbub::sequenced<hubbub::local_transport>;

    transport_type make(hubbub::message_limits limits) {
        limits.max_payload_bytes += 37;
        return transport_type(local_executor_fixture::make(limits));
    }
};

} // namespace

TYPE_TO_STRING_AS("redis, sequenced", erased<sequenced_fixture>);
TYPE_TO_STRING_AS("local, sequenced", erased<sequenced_local_fixture>);

namespace {
keeps_the_contract<erased<sequenced_fixture>> const sequenced(__FILE__, __LINE__);
keeps_the_contract<erased<sequenced_local_fixture>> const sequenced_local(__FILE__, __LINE__);
} // namespace
