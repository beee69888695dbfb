// rejects: hubbub: hub::set_observer takes a function of hub_event const&
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace observer_of_another_event {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.set_observer([](int) {});
#else
    hub.set_observer([](hubbub::hub_event const&) {});
#endif
}

} // namespace observer_of_another_event
