// rejects: hubbub: a client that is read, out of an outbox, connects by async_connect_receiver
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <system_error>

namespace connection_for_a_reader {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& of) {
#ifdef REJECT
    of.async_connect("ada", hubbub::outbox_options{}, [](std::error_code, auto const&) {});
#else
    of.async_connect_receiver("ada", {}, [](std::error_code, auto const&) {});
#endif
}

} // namespace connection_for_a_reader
