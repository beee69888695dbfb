// rejects: hubbub: streams need <hubbub/hub/stream.hpp>
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>
#ifndef REJECT
#include <hubbub/hub/stream.hpp>
#endif

namespace stream_without_its_header {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::connection<bus>& by) {
    static_cast<void>(by.make_stream<int>());
}

} // namespace stream_without_its_header
