// rejects: hubbub: the handler is to take what the operation completes with
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

namespace generic_handler_of_too_few_results {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(bus& to) {
#ifdef REJECT
    to.async_publish("t", 1, [](auto error) { return error; });
#else
    to.async_publish("t", 1, [](auto error, auto count) { return error || !count; });
#endif
}

} // namespace generic_handler_of_too_few_results
