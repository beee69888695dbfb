// rejects: hubbub: hub::presence needs <hubbub/hub/presence.hpp>
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>
#ifndef REJECT
#include <hubbub/hub/presence.hpp>
#endif

namespace presence_without_its_header {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
    hub.presence();
}

} // namespace presence_without_its_header
