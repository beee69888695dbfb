// rejects: hubbub: async_connect_receiver takes the bounds of the outbox before its token
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <system_error>

namespace reader_without_an_outbox {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& of) {
#ifdef REJECT
    of.async_connect_receiver("ada", [](std::error_code, auto const&) {});
#else
    of.async_connect_receiver("ada", {}, [](std::error_code, auto const&) {});
#endif
}

} // namespace reader_without_an_outbox
