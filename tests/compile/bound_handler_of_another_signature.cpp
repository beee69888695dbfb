// rejects: hubbub: the handler is to take what the operation completes with
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <asio/bind_executor.hpp>
#include <system_error>

namespace bound_handler_of_another_signature {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& to) {
#ifdef REJECT
    to.async_publish("t", 1, asio::bind_executor(to.get_executor(), [](std::error_code) {}));
#else
    to.async_publish(
        "t", 1,
        asio::bind_executor(to.get_executor(), [](std::error_code, hubbub::receiver_count) {}));
#endif
}

} // namespace bound_handler_of_another_signature
