// rejects: is_a_handle_that_is_copied
// rejects: Transport does not model hubbub::transport; the notes below name what it lacks
#include <hubbub.hpp>

#include <asio/io_context.hpp>

namespace transport_that_is_no_handle {

struct candidate : hubbub::local_transport {
    using local_transport::local_transport;
#ifdef REJECT
    candidate(candidate const&) = delete;
#endif
};

std::size_t use() {
    return sizeof(hubbub::bus<candidate, hubbub::text_serializer>);
}

} // namespace transport_that_is_no_handle
