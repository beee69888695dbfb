// rejects: hubbub: the time for which a publish may wait has a unit
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <chrono>
#include <system_error>

namespace patience_without_a_unit {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& to) {
#ifdef REJECT
    to.async_publish("t", 1, 500, [](std::error_code, hubbub::receiver_count) {});
#else
    to.async_publish("t", 1, std::chrono::milliseconds(500),
                     [](std::error_code, hubbub::receiver_count) {});
#endif
}

} // namespace patience_without_a_unit
