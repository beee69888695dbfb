// rejects: hubbub: the type of the messages is to be named
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace generic_sink_without_a_type {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& of) {
#ifdef REJECT
    auto const s = of.subscribe("t", [](auto const& m) { return m.text; });
#else
    auto const s = of.subscribe<int>("t", [](auto const& m) { return m; });
#endif
}

} // namespace generic_sink_without_a_type
