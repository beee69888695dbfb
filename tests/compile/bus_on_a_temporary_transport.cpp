// rejects: hubbub: a bus borrows its transport, and a temporary one is gone at once; give it a name
#include <hubbub.hpp>

#include <asio/io_context.hpp>

namespace bus_on_a_temporary_transport {

void use(asio::io_context& io, hubbub::local_broker& broker) {
#ifdef REJECT
    hubbub::bus bus{hubbub::local_transport{io.get_executor(), broker}, hubbub::text_serializer{}};
#else
    hubbub::local_transport transport{io, broker};
    hubbub::bus bus{transport, hubbub::text_serializer{}};
#endif
    (void)bus.publish("t", std::string("text"));
}

} // namespace bus_on_a_temporary_transport
