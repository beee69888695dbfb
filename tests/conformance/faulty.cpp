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

struct local_link {
    local_link(asio::any_io_executor const& executor, hubbub::local_broker const& broker,
               hubbub::message_limits const& limits)
        : link(executor, broker, {.limits = limits}) {}
    hubbub::local_transport link;
};

/// A local transport and what spoils it, as one transport.
struct faulty_local : private local_link, public faulty_transport {
    faulty_local(asio::any_io_executor const& executor, hubbub::local_broker const& broker,
                 faults const& f)
        : local_link(executor, broker, f.limits), faulty(local_link::link, f) {}
};

struct faultless_fixture {
    using transport_type = faulty_local;

    static constexpr hubbub::transport_traits traits = [] {
        auto promised = transport_type::traits;
        promised.agreed_order = true; // as nothing is delayed or reordered
        return promised;
    }();

    std::unique_ptr<transport_type> make(hubbub::message_limits const& limits) {
        return std::make_unique<transport_type>(io.get_executor(), broker,
                                                faults{.limits = limits});
    }

    asio::io_context io;
    hubbub::local_broker broker;
};

struct slow_link {
    slow_link(asio::any_io_executor const& executor, hubbub::local_broker const& broker,
              faults const& f)
        : link(executor, broker, f) {}
    faulty_local link;
};

/// Numbers over a slow transport, as one transport.
struct numbered_slow : private slow_link, public hubbub::sequenced<faulty_local> {
    numbered_slow(asio::any_io_executor const& executor, hubbub::local_broker const& broker,
                  faults const& f)
        : slow_link(executor, broker, f), sequenced(slow_link::link) {}
};

struct delayed_fixture {
    using transport_type = numbered_slow;

    std::unique_ptr<transport_type> make(hubbub::message_limits const& limits) {
        using std::chrono::microseconds;
        // All alike: the suite tells by a message on another topic that nothing more will come.
        faults slow{.delay = {microseconds(500), microseconds(500)}, .limits = limits};
        slow.limits.max_payload_bytes += 37; // for the number
        return std::make_unique<transport_type>(io.get_executor(), broker, slow);
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
