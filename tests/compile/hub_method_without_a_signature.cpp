// rejects: hubbub: a method needs one signature, from which its arguments' types are taken
#include <hubbub.hpp>
#include <hubbub/hub.hpp>

namespace hub_method_without_a_signature {

using bus = hubbub::bus<hubbub::local_transport, hubbub::in_place_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.on("send", [](auto text) { (void)text; });
#else
    hub.on("send", [](std::string text) { (void)text; });
#endif
}

} // namespace hub_method_without_a_signature
