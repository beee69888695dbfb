// rejects: hubbub: a sink is no coroutine, since nobody would await it
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <asio/awaitable.hpp>

namespace sink_that_is_a_coroutine {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& to) {
#ifdef REJECT
    (void)to.subscribe<int>("t", [](int) -> asio::awaitable<void> { co_return; });
#else
    (void)to.subscribe<int>("t", [](int) {});
#endif
}

} // namespace sink_that_is_a_coroutine
