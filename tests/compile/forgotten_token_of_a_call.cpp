// rejects: hubbub: the last argument is to be a completion token: add a handler, or asio::use_awaitable
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <system_error>

namespace forgotten_token_of_a_call {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::connection<bus>& client) {
#ifdef REJECT
    client.async_invoke<int>("add", 1, 2);
#else
    client.async_invoke<int>("add", 1, 2, [](std::error_code, int) {});
#endif
}

} // namespace forgotten_token_of_a_call
