// rejects: bus<Transport, Serializer>: Transport does not model hubbub::transport
#include <hubbub.hpp>

namespace not_a_transport {

#ifdef REJECT
struct candidate {};
#else
using candidate = hubbub::local_transport;
#endif

std::size_t use() {
    return sizeof(hubbub::bus<candidate, hubbub::text_serializer>);
}

} // namespace not_a_transport
