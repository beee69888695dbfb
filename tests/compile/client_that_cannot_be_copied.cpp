// rejects: hubbub: a client of async_connect is .* that can be copied
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <memory>
#include <system_error>

namespace client_that_cannot_be_copied {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& of) {
#ifdef REJECT
    of.async_connect(
        "ada", [line = std::make_unique<int>(1)](auto const&) { ++*line; },
        [](std::error_code, auto const&) {});
#else
    of.async_connect(
        "ada", [line = std::make_shared<int>(1)](auto const&) { ++*line; },
        [](std::error_code, auto const&) {});
#endif
}

} // namespace client_that_cannot_be_copied
