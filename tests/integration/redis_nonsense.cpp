// SPDX-License-Identifier: MIT
// What the link does when its server is no Redis, or one that goes beyond the limits.
#include <support/redis_peer.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace redis_nonsense_test {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::redis_errc;

namespace {

/// A listener that says the same to everybody who says something, and nothing more.
class talker {
public:
    talker(asio::io_context& io, std::string says)
        : says_(std::move(says)), acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {
        accept();
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    int answered() const noexcept { return answered_; }

private:
    struct guest {
        explicit guest(asio::ip::tcp::socket s) : socket(std::move(s)) {}
        asio::ip::tcp::socket socket;
        std::array<char, 4096> heard{};
    };

    void accept() {
        acceptor_.async_accept([this](std::error_code error, asio::ip::tcp::socket socket) {
            if (error)
                return;
            answer(std::make_shared<guest>(std::move(socket)));
            accept();
        });
    }

    void answer(std::shared_ptr<guest> const& g) {
        g->socket.async_read_some(asio::buffer(g->heard),
                                  [this, g](std::error_code error, std::size_t) {
                                      if (error || says_.empty())
                                          return; // which closes it
                                      asio::async_write(g->socket, asio::buffer(says_),
                                                        [this, g](std::error_code, std::size_t) {
                                                            ++answered_;
                                                            listen_on(g);
                                                        });
                                  });
    }

    static void listen_on(std::shared_ptr<guest> const& g) {
        g->socket.async_read_some(asio::buffer(g->heard), [g](std::error_code error, std::size_t) {
            if (!error)
                listen_on(g);
        });
    }

    std::string const says_;
    asio::ip::tcp::acceptor acceptor_;
    int answered_ = 0;
};

} // namespace

TEST_CASE("a server that talks nonsense drops the link, never the process") {
    using namespace std::string_literals;
    std::string const greeted = "+OK\r\n+PONG\r\n";
    std::vector<std::pair<std::string, std::error_code>> const nonsense{
        {"", errc::disconnected},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", redis_errc::protocol_error},
        {"\0\xff\x16\x03\x01"s, redis_errc::protocol_error},
        {"*-7\r\n", redis_errc::protocol_error},
        {"*1000000000\r\n", redis_errc::protocol_error},
        {"*1\r\n*1\r\n*1\r\n+x\r\n", redis_errc::protocol_error},
        {":twelve\r\n", redis_errc::protocol_error},
        {greeted + "$5\r\nhello\r\n", redis_errc::protocol_error},
        {greeted + ":1\r\n", redis_errc::protocol_error},
        {greeted + "+OK\r\n+OK\r\n", redis_errc::protocol_error},
        {greeted + "*0\r\n", redis_errc::protocol_error},
        {greeted + "*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n$1\r\nx\r\n", redis_errc::protocol_error},
        {greeted + "*3\r\n$9\r\nsubscribe\r\n$5\r\nother\r\n:1\r\n", redis_errc::protocol_error},
        {greeted + "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nx\r\n$1\r\ny\r\n",
         redis_errc::protocol_error},
        {greeted + "+OK\r\n" + std::string(100000, '\xee') + "\r\n", redis_errc::protocol_error},
        {"-ERR no\r\n-ERR no\r\n-ERR no\r\n-ERR no\r\n",
         redis_errc::server_error}, // to all of the greeting
        {"-LOADING Redis is loading the dataset in memory\r\n", redis_errc::server_loading},
    };
    for (auto const& [says, expected] : nonsense) {
        CAPTURE(says);
        asio::io_context io;
        talker const server(io, says);
        hubbub::redis::options o;
        o.port = server.port();
        o.app = "Chat";
        o.reconnect_base = o.reconnect_cap = 10ms;
        redis_peer a(io, o);
        auto const made = a.bus.subscribe<std::string>("t", a.sink());
        a.bus.async_publish("t", "x", a.on_published());
        a.run_until([&] { return a.retried.size() + a.lost.size() >= 4; }, "the link to fall");
        auto reasons = a.retried;
        reasons.insert(reasons.end(), a.lost.begin(), a.lost.end());
        CHECK_MESSAGE(std::count(reasons.begin(), reasons.end(), expected) > 0,
                      reasons.front().message());
        CHECK(a.failed.empty());
        CHECK(a.received.empty());
        a.transport.close();
        a.run_until([&] { return a.published.size() == 1; }, "the publish to end");
    }
}

TEST_CASE("a reply beyond the limit drops the link") {
    asio::io_context io;
    // A greeting as the receiving link gets it: answers to INFO among the others.
    talker const server(
        io, "+OK\r\n$0\r\n\r\n$0\r\n\r\n+PONG\r\n*3\r\n$7\r\nmessage\r\n$6\r\nChat:t\r\n"
            "$9000000\r\n" +
                std::string(100000, 'x'));
    hubbub::redis::options o;
    o.port = server.port();
    o.app = "Chat";
    o.limits.max_payload_bytes = 1000;
    o.reconnect_base = o.reconnect_cap = 10ms;
    redis_peer a(io, o);
    a.run_until([&] { return a.retried.size() + a.lost.size() >= 2; }, "the link to fall");
    auto const& reasons = a.retried.empty() ? a.lost : a.retried;
    CHECK(std::count(reasons.begin(), reasons.end(), errc::payload_too_large) > 0);
    CHECK(a.failed.empty());
}

} // namespace redis_nonsense_test
