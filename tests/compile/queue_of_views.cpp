// rejects: hubbub: a message in a queue is kept, so it must be default constructible, copyable and no view
#include <hubbub.hpp>

namespace queue_of_views {

#ifdef REJECT
using kept = std::string_view;
#else
using kept = std::string;
#endif

void use(hubbub::bus<hubbub::local_transport, hubbub::text_serializer>& bus) {
    (void)bus.subscribe<kept>("topic", {});
}

} // namespace queue_of_views
