// rejects: hubbub: a pointer cannot be sent or received
#include <hubbub.hpp>
#include <hubbub/serializer/json.hpp>

namespace message_that_does_not_decode {

struct message {
    int number;
#ifdef REJECT
    int* pointer;
#endif
};

hubbub::subscription use(hubbub::bus<hubbub::local_transport, hubbub::json_serializer>& bus) {
    return bus.subscribe<message>("topic", [](message const&) {});
}

} // namespace message_that_does_not_decode
