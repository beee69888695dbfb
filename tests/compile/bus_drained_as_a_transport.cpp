// rejects: hubbub: a bus is drained by its own function
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <hubbub/transport/drain.hpp>

#include <chrono>
#include <cstdint>
#include <system_error>

namespace bus_drained_as_a_transport {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& of) {
#ifdef REJECT
    hubbub::async_drain(of, std::chrono::seconds(1), [](std::error_code, std::uint64_t) {});
#else
    of.async_drain(std::chrono::seconds(1), [](std::error_code, std::uint64_t) {});
#endif
}

} // namespace bus_drained_as_a_transport
