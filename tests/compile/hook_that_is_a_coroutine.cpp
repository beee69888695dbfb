// rejects: hubbub: hub::on_connected takes a function of caller const&, which is no coroutine
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <asio/awaitable.hpp>

namespace hook_that_is_a_coroutine {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.on_connected([](hubbub::caller const&) -> asio::awaitable<void> { co_return; });
#else
    hub.on_connected([](hubbub::caller const&) {});
#endif
}

} // namespace hook_that_is_a_coroutine
