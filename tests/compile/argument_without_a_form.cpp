// rejects: hubbub: this type has no JSON or MessagePack form
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <chrono>

namespace argument_without_a_form {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    (void)hub.clients().all().send("wait", std::chrono::seconds(1));
#else
    (void)hub.clients().all().send("wait", 1);
#endif
}

} // namespace argument_without_a_form
