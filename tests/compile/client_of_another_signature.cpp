// rejects: hubbub: a client of async_connect is client_methods, or a function of hub::invocation_type const&
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <string>
#include <system_error>

namespace client_of_another_signature {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.async_connect("ada", [](std::string const&) {}, [](std::error_code, auto const&) {});
#else
    hub.async_connect("ada", [](auto const&) {}, [](std::error_code, auto const&) {});
#endif
}

} // namespace client_of_another_signature
