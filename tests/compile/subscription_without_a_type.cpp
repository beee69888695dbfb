// rejects: hubbub: the type of the messages is to be named: subscribe<T>
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace subscription_without_a_type {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& to) {
#ifdef REJECT
    (void)to.subscribe("t", [](int) {});
#else
    (void)to.subscribe<int>("t", [](int) {});
#endif
}

} // namespace subscription_without_a_type
