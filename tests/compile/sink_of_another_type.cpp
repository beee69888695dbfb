// rejects: bus::subscribe: the sink must be callable as sink\(T const&\)
#include <hubbub.hpp>

#ifdef REJECT
using number = int;
#else
using number = std::string const&;
#endif

hubbub::subscription use(hubbub::bus<hubbub::local_transport, hubbub::text_serializer>& bus) {
    return bus.subscribe<std::string>("topic", [](number) {});
}
