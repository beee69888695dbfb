// What a broadcast to many costs.
#include "support/allocations.hpp"

#include "support/counting_serializer.hpp"
#include "support/hub_stage.hpp"
#include "support/outage_stage.hpp"
#include "support/seeds.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

using bus_type = hubbub::bus<hubbub::local_transport, support::counting_serializer>;

/// A server on the local bus with clients that are called, or read.
class audience {
    template <class Connection>
    static auto keep_in(std::vector<Connection>& all) {
        return [&all](std::error_code error, Connection made) {
            CHECK(!error);
            all.push_back(std::move(made));
        };
    }

public:
    audience() {
        called_.reserve(5000);
        readers.reserve(5000);
    }

    void connect(std::size_t up_to, bool read) {
        while ((read ? readers.size() : called_.size()) < up_to) {
            if (read)
                hub_.async_connect_receiver("", {}, keep_in(readers));
            else
                hub_.async_connect("", [this](auto const&) { ++told; }, keep_in(called_));
            run();
        }
    }

    void broadcast() {
        CHECK(!hub_.clients().all().send("tell", "a text of more than sixteen bytes"));
        run();
    }

    void run() {
        io_.restart();
        io_.poll();
    }

    std::size_t told = 0;

private:
    asio::io_context io_;
    hubbub::local_broker broker_;
    hubbub::local_transport transport_{io_.get_executor(), broker_};
    bus_type bus_{transport_};
    hubbub::hub<bus_type> hub_{bus_, {.beacon_interval = std::chrono::hours(1)}};

    std::vector<hubbub::connection<bus_type>> called_; // they end first

public:
    std::vector<hubbub::receiving_connection<bus_type>> readers;
};

/// Allocations of a broadcast to so many clients, when everything is warm.
std::size_t allocations_of_broadcast(unsigned clients, bool read) {
    audience all;
    all.connect(clients, read);
    all.broadcast();
    support::encodings = 0;
    auto const before = support::allocations();
    all.broadcast();
    auto const made = support::allocations() - before;
    CHECK(support::encodings == 1);
    for (auto& c : all.readers)
        for (int call = 0; call < 2; ++call)
            CHECK(c.try_receive());
    CHECK(all.told == (read ? 0 : 2 * clients));
    return made;
}

#ifdef __GLIBC__
/// Of the heap, for a connection that was made.
std::size_t bytes_of_connection(bool read) {
    constexpr std::size_t clients = 5000;
    audience all;
    all.connect(1000, read); // and what grows by leaps has grown
    auto const before = mallinfo2().uordblks;
    all.connect(clients, read);
    return (mallinfo2().uordblks - before) / (clients - 1000);
}
#endif

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a broadcast makes one encoding, and allocates nothing for each connection" *
          doctest::skip(!support::counts_allocations)) {
    auto const few = allocations_of_broadcast(10, false);
    CHECK(few > 0);
    CHECK(allocations_of_broadcast(1000, false) == few);
}

TEST_CASE("a broadcast to outboxes makes one encoding, and allocates the place in each of them" *
          doctest::skip(!support::counts_allocations)) {
    auto const few = allocations_of_broadcast(10, true);
    CHECK(allocations_of_broadcast(1000, true) - few == 990);
}

TEST_CASE("all who read a call share its arguments and its encodings, which are made once") {
    constexpr std::size_t clients = 100;
    audience all;
    all.connect(clients, true);
    support::encodings = 0;
    all.broadcast();
    CHECK(support::encodings == 1);
    std::vector<hubbub::invocation<support::counting_serializer>> calls;
    for (auto& c : all.readers)
        if (auto call = c.try_receive())
            calls.push_back(std::move(*call));
    REQUIRE(calls.size() == clients);

    std::string_view first;
    CHECK(!calls[0].encoded_arguments(first));
    CHECK(first == R"(["a text of more than sixteen bytes"])");
    int framed = 0;
    for (auto const& call : calls) {
        CHECK(&call.packed_arguments() == &calls[0].packed_arguments());
        std::string_view bytes;
        CHECK(!call.encoded_arguments(bytes));
        CHECK(bytes.data() == first.data());
        CHECK(!call.encoded(
            "chat",
            [&](std::string& out) {
                ++framed;
                out.append(call.method()).append(bytes);
                return std::error_code();
            },
            bytes));
        CHECK(bytes == R"(tell["a text of more than sixteen bytes"])");
    }
    CHECK(support::encodings == 1); // by the sender of the call
    CHECK(framed == 1);
}

#ifdef __GLIBC__
TEST_CASE("an idle connection takes less than 500 bytes of the heap, called or with an outbox" *
          doctest::skip(sanitized)) {
    for (bool const read : {false, true}) {
        auto const each = bytes_of_connection(read);
        MESSAGE(each, " bytes");
        CHECK(each < 500);
        CHECK(each > 100); // it was measured
    }
}

TEST_CASE("who joins a group and leaves it, again and again, takes no more while the link is down" *
          doctest::skip(sanitized)) {
    outage o;
    auto const id = o.connect(o.left).connection.id();
    o.left.link.cut();
    auto const join_and_leave = [&](std::string const& group) {
        o.left.hub->async_add_to_group(id, group, [](std::error_code) {});
        o.left.hub->async_remove_from_group(id, group, [](std::error_code) {});
        o.time.run_for(std::chrono::milliseconds(0));
    };
    join_and_leave("lobby");
    auto const before = mallinfo2().uordblks;
    for (int i = 0; i < 1000; ++i)
        join_and_leave("lobby");
    CHECK(mallinfo2().uordblks < before + 10'000);
}
#endif

TEST_SUITE_END();
