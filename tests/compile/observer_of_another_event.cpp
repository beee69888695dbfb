// rejects: hubbub: hub::on_event takes a function of hub_event const&
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace observer_of_another_event {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.on_event([](int) {});
#else
    hub.on_event([](hubbub::hub_event const&) {});
#endif
}

} // namespace observer_of_another_event
