// rejects: hubbub: hub::on_connected takes a function of caller const&
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <string>

namespace hook_of_another_signature {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.on_connected([](std::string const& name) { (void)name; });
#else
    hub.on_connected([](hubbub::caller const& who) { (void)who; });
#endif
}

} // namespace hook_of_another_signature
