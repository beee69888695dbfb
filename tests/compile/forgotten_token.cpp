// rejects: hubbub: the last argument is to be a completion token: add a handler, or asio::use_awaitable
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <system_error>

namespace forgotten_token {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.async_add_to_group("id", "lobby");
#else
    hub.async_add_to_group("id", "lobby", [](std::error_code) {});
#endif
}

} // namespace forgotten_token
