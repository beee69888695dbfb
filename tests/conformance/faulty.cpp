// The suite of transport.cpp over a faulty transport: without faults it is as good as any, and with
// delays it still keeps every promise.
#include "support/transports.hpp"

#include <hubbub/testing/faulty.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <chrono>
#include <memory>

namespace {

using hubbub::testing::faults;
using hubbub::testing::faulty;
using faulty_transport = faulty<hubbub::local_transport>;

struct faultless_fixture {
    using transport_type = faulty_transport;

    static constexpr hubbub::transport_traits traits = [] {
        auto promised = transport_type::traits;
        promised.agreed_order = true; // as nothing is delayed or reordered
        return promised;
    }();

    transport_type make(hubbub::message_limits const& limits) {
        return transport_type(hubbub::local_transport(io, broker, {limits}), {.limits = limits});
    }

    asio::io_context io;
    hubbub::local_broker broker;
};

/// Numbers over a slow transport.
struct delayed_fixture {
    using transport_type = hubbub::sequenced<faulty_transport>;

    transport_type make(hubbub::message_limits const& limits) {
        using std::chrono::microseconds;
        // All alike: the suite tells by a message on another topic that nothing more will come.
        faults slow{.delay = {microseconds(500), microseconds(500)}, .limits = limits};
        slow.limits.max_payload_bytes += 37; // for the number
        return transport_type(
            faulty_transport(hubbub::local_transport(io, broker, {slow.limits}), slow));
    }

    asio::io_context io;
    hubbub::local_broker broker;
};

} // namespace

TYPE_TO_STRING_AS("faulty, without faults", erased<faultless_fixture>);
TYPE_TO_STRING_AS("faulty, without faults, objects", faultless_fixture);
TYPE_TO_STRING_AS("faulty, delayed, sequenced", erased<delayed_fixture>);

namespace {

keeps_the_contract<erased<faultless_fixture>> const faultless(__FILE__, __LINE__);
keeps_the_contract<erased<delayed_fixture>> const delayed(__FILE__, __LINE__);
keeps_objects<faultless_fixture> const objects(__FILE__, __LINE__);

} // namespace
