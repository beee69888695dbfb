// rejects: hubbub: an option that is a function is to be callable as its comment says
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <system_error>

namespace option_that_is_another_function {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

hubbub::connect_options use() {
#ifdef REJECT
    return {.user = "ada", .on_closed = [](std::error_code) {}};
#else
    return {.user = "ada", .on_closed = [](hubbub::close_reason const&) {}};
#endif
}

} // namespace option_that_is_another_function
