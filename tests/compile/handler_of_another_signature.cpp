// rejects: hubbub: the handler is to take what the operation completes with
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <system_error>

namespace handler_of_another_signature {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::connection<bus>& client) {
#ifdef REJECT
    client.async_invoke<int>("add", 1, 2, [](int) {});
#else
    client.async_invoke<int>("add", 1, 2, [](std::error_code, int) {});
#endif
}

} // namespace handler_of_another_signature
