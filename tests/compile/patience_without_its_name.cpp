// rejects: hubbub: the time for which a publish may wait is written wait_up_to
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <chrono>
#include <cstddef>
#include <system_error>

namespace patience_without_its_name {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& to) {
#ifdef REJECT
    to.async_publish("t", 1, std::chrono::seconds(1),
                     [](std::error_code, hubbub::receiver_count) {});
#else
    to.async_publish("t", 1, hubbub::wait_up_to{std::chrono::seconds(1)},
                     [](std::error_code, hubbub::receiver_count) {});
#endif
}

} // namespace patience_without_its_name
