// rejects: hubbub: the caller is the first parameter of a method: caller const&
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace caller_as_the_last_parameter {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.on("add", [](int a, hubbub::caller const&) { return a; });
#else
    hub.on("add", [](hubbub::caller const&, int a) { return a; });
#endif
}

} // namespace caller_as_the_last_parameter
