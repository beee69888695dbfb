// rejects: hubbub: one client is asked for an answer, and not several
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <system_error>

namespace several_asked_for_an_answer {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& of) {
#ifdef REJECT
    of.clients().group("lobby").async_invoke<int>("age", [](std::error_code, int) {});
#else
    of.clients().client("id").async_invoke<int>("age", [](std::error_code, int) {});
#endif
}

} // namespace several_asked_for_an_answer
