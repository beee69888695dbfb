// rejects: hubbub: this type has no JSON or MessagePack form
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <chrono>

namespace method_with_a_parameter_without_a_form {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.on("wait", [](std::chrono::seconds time) { (void)time; });
#else
    hub.on("wait", [](int seconds) { (void)seconds; });
#endif
}

} // namespace method_with_a_parameter_without_a_form
