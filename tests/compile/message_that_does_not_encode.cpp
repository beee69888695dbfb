// rejects: bus::publish: the bus's Serializer cannot encode this message type
#include <hubbub.hpp>

#ifdef REJECT
struct message {
    int number;
};
#else
using message = std::string;
#endif

void use(hubbub::bus<hubbub::local_transport, hubbub::text_serializer>& bus, message const& m) {
    bus.publish("topic", m);
}
