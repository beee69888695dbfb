// rejects: hubbub: beside its packed arguments a call takes streams and a token alone
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <system_error>

namespace packed_call_with_other_arguments {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::connection<bus>& by) {
#ifdef REJECT
    by.async_invoke_packed("add", {"[1]"}, 2, [](std::error_code, hubbub::encoded const&) {});
#else
    by.async_invoke_packed("add", {"[1,2]"}, [](std::error_code, hubbub::encoded const&) {});
#endif
}

} // namespace packed_call_with_other_arguments
