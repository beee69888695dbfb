// rejects: hubbub: the bus's Serializer cannot encode this type; see hubbub::serializer_for
#include <hubbub.hpp>

namespace message_that_does_not_encode {

#ifdef REJECT
struct message {
    int number;
};
#else
using message = std::string;
#endif

void use(hubbub::bus<hubbub::local_transport, hubbub::text_serializer>& bus, message const& m) {
    (void)bus.publish("topic", m);
}

} // namespace message_that_does_not_encode
