// SPDX-License-Identifier: MIT
#include <hubbub/redis/plain_stream.hpp>

#include <hubbub/testing/run_until.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace plain_stream_test {

using asio::ip::tcp;
using hubbub::redis::endpoint_order;
using hubbub::redis::link_handler;
using hubbub::redis::plain_stream;

namespace {

using endpoint = plain_stream::endpoint;
using endpoints = std::vector<endpoint>;

endpoint loopback(unsigned short port = 0) {
    return tcp::endpoint(asio::ip::address_v4::loopback(), port);
}

/// Listens, and takes nobody: the system completes as many connections as its backlog holds.
struct listener {
    listener(asio::io_context& io, int backlog) : acceptor(io, tcp::v4()) {
        acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        acceptor.listen(backlog);
    }
    endpoint where() const { return loopback(acceptor.local_endpoint().port()); }

    tcp::acceptor acceptor;
};

/// A listener whose backlog is full: what would connect is not answered.
struct silent_listener : listener {
    explicit silent_listener(asio::io_context& io) : listener(io, 0) {
        for (int i = 0; i < 4; ++i) {
            auto& s = *guests.emplace_back(std::make_unique<tcp::socket>(io, tcp::v4()));
            s.async_connect(acceptor.local_endpoint(), [](std::error_code) {});
        }
    }

    std::vector<std::unique_ptr<tcp::socket>> guests;
};

/// How an attempt ended.
struct end {
    void tell(std::error_code error, std::size_t /*bytes*/) { result = error; }
    std::optional<std::error_code> result;
};

struct fixture {
    /// One attempt; ended by the test, as by connect_timeout, if it connects to none of them.
    std::error_code attempt(endpoints const& found, bool is_silent) {
        stream.close();
        auto const ended = std::make_shared<end>();
        auto const& result = ended->result;
        stream.async_connect(found, link_handler::of<&end::tell>(ended));
        if (is_silent) {
            io.restart();
            io.poll();
            REQUIRE(!result);
            stream.close();
        }
        hubbub::testing::run_until(io, [&] { return result.has_value(); }, "the attempt's end");
        return *result;
    }

    endpoint peer() { return stream.next_layer().remote_endpoint(); }

    asio::io_context io;
    plain_stream stream{hubbub::detail::strand(
        hubbub::detail::light_executor(asio::any_io_executor(io.get_executor())))};
};

} // namespace

TEST_SUITE_BEGIN("plain_stream");

TEST_CASE("an address that swallows an attempt does not hide the others") {
    fixture f;
    silent_listener const silent(f.io);
    listener const good(f.io, 10);
    endpoints const found{silent.where(), good.where()};
    CHECK(f.attempt(found, true) == asio::error::operation_aborted);
    CHECK(!f.attempt(found, false));
    CHECK(f.peer() == good.where());
}

TEST_CASE("an address that accepts and leads no further is followed by the next, until one does") {
    fixture f;
    listener const first(f.io, 10);
    listener const second(f.io, 10);
    endpoints const found{first.where(), second.where()};
    for (auto const* const next : {&first, &second, &first}) {
        CHECK(!f.attempt(found, false));
        CHECK(f.peer() == next->where());
    }
    f.stream.settle();
    CHECK(!f.attempt(found, false));
    CHECK(f.peer() == first.where());
}

TEST_CASE("an address that refuses is followed by the next in the same attempt") {
    fixture f;
    auto gone = std::make_unique<listener>(f.io, 10);
    auto const refusing = gone->where();
    gone.reset();
    listener const good(f.io, 10);
    CHECK(!f.attempt({refusing, good.where()}, false));
    CHECK(f.peer() == good.where());
}

TEST_CASE("each of n addresses comes first within n attempts, however they are shuffled") {
    endpoint_order order;
    endpoints found{loopback(1), loopback(2), loopback(3)};
    CHECK(order.arrange(found) == found);
    order.tried(loopback(1));
    CHECK(order.arrange(found) == endpoints{loopback(2), loopback(3), loopback(1)});
    order.tried(loopback(2));
    CHECK(order.arrange({loopback(2), loopback(1), loopback(3)}).front() == loopback(3));
    order.tried(loopback(3));
    CHECK(order.arrange({loopback(2), loopback(3), loopback(1)}) == found);
    order.clear();
    CHECK(order.arrange({loopback(2), loopback(1)}) == endpoints{loopback(2), loopback(1)});
}

TEST_SUITE_END();

} // namespace plain_stream_test
