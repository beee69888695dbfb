// rejects: hubbub: a method that is a coroutine needs <hubbub/hub/coroutines.hpp>
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#ifndef REJECT
#include <hubbub/hub/coroutines.hpp>
#endif
#include <hubbub/serializer/json.hpp>

#include <asio/awaitable.hpp>

namespace coroutine_without_its_header {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
    hub.on("wait", []() -> asio::awaitable<int> { co_return 1; });
}

} // namespace coroutine_without_its_header
