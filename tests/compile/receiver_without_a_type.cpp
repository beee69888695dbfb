// rejects: hubbub: the type of the messages is to be named
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace receiver_without_a_type {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& of) {
#ifdef REJECT
    static_cast<void>(of.subscribe("t", {.max_messages = 10}));
#else
    static_cast<void>(of.subscribe<int>("t", {.max_messages = 10}));
#endif
}

} // namespace receiver_without_a_type
