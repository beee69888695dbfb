// rejects: hubbub: the arguments of a call are read into one tuple
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <string>
#include <system_error>
#include <tuple>

namespace arguments_without_a_tuple {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

std::error_code use(hubbub::invocation<hubbub::json_serializer> const& call) {
#ifdef REJECT
    std::string text;
    return call.arguments(text);
#else
    std::tuple<std::string> all;
    return call.arguments(all);
#endif
}

} // namespace arguments_without_a_tuple
