// rejects: hubbub: a method that answers with a stream_writer returns nothing
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <hubbub/hub/stream.hpp>

namespace stream_and_a_result {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& of) {
#ifdef REJECT
    of.on("count", [](int to, hubbub::stream_writer<int>) { return to; });
#else
    of.on("count", [](int to, hubbub::stream_writer<int> out) { static_cast<void>(out.send(to)); });
#endif
}

} // namespace stream_and_a_result
