// rejects: hubbub: sequenced<Transport>: this Transport may call sinks inside publish
#include <hubbub.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <asio/io_context.hpp>

namespace numbers_over_immediate_delivery {

#ifdef REJECT
using below = hubbub::immediate_local_transport;
#else
using below = hubbub::local_transport;
#endif

hubbub::sequenced<below> use(asio::io_context& io, hubbub::local_broker const& broker) {
    return hubbub::sequenced<below>{below{io, broker}};
}

} // namespace numbers_over_immediate_delivery
