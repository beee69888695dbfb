// rejects: hubbub: hub<Bus> needs a bus, which is not const: hubbub::hub hub\{bus\}
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace hub_of_no_bus {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

#ifdef REJECT
using argument = hubbub::local_transport;
#else
using argument = bus;
#endif

std::size_t use() {
    return sizeof(hubbub::hub<argument>);
}

} // namespace hub_of_no_bus
