// rejects: hubbub: the time of async_drain has a unit: std::chrono::seconds\(30\)
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <chrono>
#include <cstdint>
#include <system_error>

namespace drain_without_a_unit {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& to) {
#ifdef REJECT
    to.async_drain(30, [](std::error_code, std::uint64_t) {});
#else
    to.async_drain(std::chrono::seconds(30), [](std::error_code, std::uint64_t) {});
#endif
}

} // namespace drain_without_a_unit
