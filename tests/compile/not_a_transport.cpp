// rejects: bus<Transport, Serializer>: Transport does not model hubbub::transport
#include <hubbub.hpp>

#ifdef REJECT
struct candidate {};
#else
using candidate = hubbub::local_transport;
#endif

template class hubbub::bus<candidate, hubbub::text_serializer>;
