// SPDX-License-Identifier: MIT
// Both files of a program of two: what each would define twice, or leave out, is seen when they are
// linked.
#pragma once

#include <hubbub/bus.hpp>
#include <hubbub/prometheus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/topic_ledger.hpp>
#include <hubbub/transport/any.hpp>
#include <hubbub/transport/local.hpp>
#include <hubbub/transport/sequenced.hpp>

#ifdef WITH_HUB
#include <hubbub/hub.hpp>
#include <hubbub/hub/coroutines.hpp>
#include <hubbub/hub/presence.hpp>
#include <hubbub/hub/servers.hpp>
#include <hubbub/hub/stream.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/msgpack.hpp>
#include <hubbub/testing/run_until.hpp>
#endif
#ifdef WITH_REDIS
#include <hubbub/transport/make_redis.hpp>
#include <hubbub/transport/redis.hpp>
#endif
#ifdef WITH_TLS
#include <hubbub/transport/make_redis_tls.hpp>
#include <hubbub/transport/redis_tls.hpp>
#endif

#include <asio/io_context.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

/// What one bus hears of its own message. No Redis is asked: io does not run when it is named.
inline std::string hear(std::string const& text) {
    asio::io_context io;
    hubbub::local_broker broker;
    hubbub::any_transport transport{hubbub::local_transport(io.get_executor(), broker)};
    hubbub::topic_ledger topics;
    hubbub::bus bus{transport, hubbub::text_serializer{}, topics};

    std::string heard;
    auto const sub =
        bus.subscribe<std::string>("t", [&heard](std::string const& said) { heard = said; });
    if (auto const refused = bus.publish("t", text))
        throw std::logic_error(refused.message());
    io.poll();
    if (hubbub::prometheus_text(bus.statistics()).empty() || topics.read("t").delivered != 1 ||
        make_error_code(hubbub::errc::closed).message() != "closed")
        throw std::logic_error("nothing was counted");

#ifdef WITH_HUB
    hubbub::bus as_json{transport, hubbub::json_serializer{}};
    hubbub::hub hub{as_json, {.name = "two"}};
    hub.on("later", [](int n) -> asio::awaitable<int> { co_return n; });
    std::string called;
    hubbub::client_methods<decltype(as_json)> methods;
    methods.on("say", [&called](std::string said) { called = std::move(said); });
    hubbub::connection<decltype(as_json)> client;
    hub.async_connect("ada", methods,
                      [&client](std::error_code, auto made) { client = std::move(made); });
    hubbub::testing::run_until(io, [&] { return client.connected(); }, "a client to be let in");
    hubbub::bus as_bytes{transport, hubbub::msgpack_serializer{}};
    if (hub.clients().all().send("say", heard) || as_bytes.publish("bytes", 1))
        throw std::logic_error("nothing was sent");
    hubbub::testing::run_until(io, [&] { return called == heard; }, "a call");
#endif
#ifdef WITH_REDIS
    hubbub::sequenced numbered{hubbub::redis_transport{io, "redis://127.0.0.1"}};
    auto made = hubbub::make_sequenced_redis_transport(io.get_executor(), "redis://127.0.0.1");
    hubbub::bus over_redis{made, hubbub::text_serializer{}};
    try {
        hubbub::make_redis_transport(io.get_executor(), "rediss://127.0.0.1");
        throw std::logic_error("TLS without TLS");
    } catch (std::invalid_argument const&) { // it says which has it
    }
#endif
#ifdef WITH_TLS
    auto secret = hubbub::make_redis_tls_transport(io.get_executor(), "rediss://127.0.0.1");
    hubbub::redis_tls_transport const other{io.get_executor(), "rediss://127.0.0.1"};
#endif
    return heard;
}

std::string hear_in_the_other_file();
