// rejects: this Transport carries bytes, and in_place_serializer makes none; use one that encodes
#include <hubbub.hpp>
#include <hubbub/transport/redis.hpp>

namespace redis_carries_no_objects {

#ifdef REJECT
using serializer = hubbub::in_place_serializer;
#else
using serializer = hubbub::text_serializer;
#endif

void use(hubbub::redis_transport& transport) {
    hubbub::bus bus{transport, serializer{}};
}

} // namespace redis_carries_no_objects
