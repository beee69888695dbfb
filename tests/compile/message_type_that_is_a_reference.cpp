// rejects: hubbub: the type of the messages is named without const and &
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace message_type_that_is_a_reference {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& to) {
#ifdef REJECT
    (void)to.subscribe<int const&>("t", [](int) {});
#else
    (void)to.subscribe<int>("t", [](int) {});
#endif
}

} // namespace message_type_that_is_a_reference
