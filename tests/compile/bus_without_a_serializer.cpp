// rejects: hubbub: a bus needs a serializer: hubbub::bus bus\{transport, hubbub::json_serializer\{\}\}
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace bus_without_a_serializer {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::local_transport& transport) {
#ifdef REJECT
    hubbub::bus made{transport};
#else
    hubbub::bus made{transport, hubbub::json_serializer{}};
#endif
}

} // namespace bus_without_a_serializer
