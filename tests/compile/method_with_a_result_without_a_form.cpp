// rejects: hubbub: a pointer cannot be sent or received
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace method_with_a_result_without_a_form {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.on("ask", [] { return static_cast<int*>(nullptr); });
#else
    hub.on("ask", [] { return 42; });
#endif
}

} // namespace method_with_a_result_without_a_form
