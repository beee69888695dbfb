// rejects: hubbub: client_methods is named with the type of the bus
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace methods_of_a_client_of_a_hub {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use() {
#ifdef REJECT
    hubbub::client_methods<hubbub::hub<bus>> methods;
#else
    hubbub::client_methods<bus> methods;
    static_cast<void>(methods);
#endif
}

} // namespace methods_of_a_client_of_a_hub
