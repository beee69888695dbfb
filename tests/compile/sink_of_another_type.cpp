// rejects: hubbub: the sink is to be callable as sink\(T const&\)
#include <hubbub.hpp>

namespace sink_of_another_type {

#ifdef REJECT
using number = int;
#else
using number = std::string const&;
#endif

hubbub::subscription use(hubbub::bus<hubbub::local_transport, hubbub::text_serializer>& bus) {
    return bus.subscribe<std::string>("topic", [](number) {});
}

} // namespace sink_of_another_type
