// rejects: hubbub: a stream among the arguments of a call is the writer
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <hubbub/hub/stream.hpp>

#include <system_error>
#include <utility>

namespace reader_as_an_argument {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::connection<bus>& by) {
#ifdef REJECT
    by.async_invoke<int>("sum", by.stream<int>("count", 3), [](std::error_code, int) {});
#else
    by.async_invoke<int>("sum", by.make_stream<int>(), [](std::error_code, int) {});
#endif
}

} // namespace reader_as_an_argument
