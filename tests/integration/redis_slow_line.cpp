// SPDX-License-Identifier: MIT
// What the links do on a line that is slow, but moves.
#include <support/redis_peer.hpp>
#include <support/slow_line.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

namespace redis_slow_line_test {

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using support::slow_line;

/// Three seconds of the line: of the time that may pass without an answer three times as much.
constexpr std::size_t much = std::size_t{3} << 20;

/// A Redis, near for whom it is near, and a peer at the far end of a slow line.
struct far_away {
    far_away() : line(io, server.socket_path()), near(io, options_for(server)), far(io, slow()) {
        far.listen("t");
        near.run_until_whole();
    }

    hubbub::redis::options slow() const {
        auto o = options_for(server);
        o.unix_socket = line.path();
        o.ping_interval = o.response_timeout = 500ms;
        o.probe_interval = 500ms;
        return o;
    }

    redis_server server{redis_server::listens::on_unix_socket};
    asio::io_context io;
    slow_line line;
    redis_peer near;
    redis_peer far;
};

} // namespace

TEST_CASE("who is behind by more than the time for an answer keeps his link, and gets everything") {
    far_away f;
    std::size_t count = 1; // one message, which comes in thousands of pieces
    SUBCASE("one large message") {}
    SUBCASE("a burst") {
        count = 300;
    }
    std::string const text(much / count, 'x');
    for (std::size_t i = 0; i < count; ++i)
        (void)f.near.bus.publish("t", text);
    f.far.run_until([&] { return f.far.received.size() == count || !f.far.lost.empty(); },
                    "all messages");
    CHECK(f.far.lost.empty());
    f.far.run_until_heard("t", "after");
}

TEST_CASE("a message that takes longer to send than an answer may is sent once, and arrives") {
    far_away f;
    f.near.listen("t2");
    f.far.bus.async_publish("t2", std::string(much, 'x'), f.far.on_published());
    f.far.bus.async_publish("t2", std::string("behind it"), f.far.on_published());
    f.far.run_until([&] { return f.far.published.size() == 2 || !f.far.lost.empty(); },
                    "the answers");
    CHECK(f.far.lost.empty());
    REQUIRE(f.far.published == std::vector<std::error_code>(2));
    f.near.run_until([&] { return f.near.received.size() == 2; }, "both messages");
    CHECK(f.near.received[0].size() == much);
}

TEST_CASE("a line that freezes while a large message is on it is noticed all the same") {
    far_away f;
    f.far.bus.async_publish("t2", std::string(much, 'x'), f.far.on_published());
    auto const moving = f.far.bus.statistics().queued_bytes;
    f.far.run_until([&] { return f.far.bus.statistics().queued_bytes < moving / 4; }, "most of it");
    CHECK(f.far.lost.empty());
    f.line.freeze();
    f.far.run_until([&] { return !f.far.lost.empty(); }, "a link that is lost");
    // By one of the links, or by a probe, whichever is first.
    CHECK((f.far.lost.front() == errc::timed_out || f.far.lost.front() == errc::link_deaf));
    CHECK(f.far.published.empty());
}

} // namespace redis_slow_line_test
