// SPDX-License-Identifier: MIT
#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/transport/local.hpp>

#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace bus_ends_test {

// A bus ends, and its transport after it, while handlers of the bus run on other threads.

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::wait_up_to;

namespace {

/// Who is inside of a transport. It outlives that.
struct visits {
    /// One that takes its time.
    class visit {
    public:
        explicit visit(visits& all) : all_(&all) {
            ++all_->inside;
            ++all_->made;
            for (int i = 0; i < 100; ++i)
                std::this_thread::yield();
        }
        visit(visit const&) = delete;
        visit& operator=(visit const&) = delete;
        ~visit() { --all_->inside; }

    private:
        visits* all_;
    };

    void wait_for_more_than(int number) const {
        while (made <= number)
            std::this_thread::yield();
    }

    std::atomic<int> inside = 0;
    std::atomic<int> made = 0;
    std::atomic<bool> disturbed = false; // the transport ended meanwhile
};

struct visited_transport : hubbub::local_transport {
    visited_transport(asio::any_io_executor executor, hubbub::local_broker const& broker,
                      hubbub::local_options const& options, visits& v)
        : local_transport(std::move(executor), broker, options), all(&v),
          last_handle(all, [](visits* seen) {
              if (seen->inside > 0)
                  seen->disturbed = true;
          }) {}

    std::error_code publish(hubbub::message_view const& message, hubbub::publish_completion done) {
        visits::visit const v(*all);
        return local_transport::publish(message, std::move(done));
    }
    void wait_for_room(std::size_t bytes, hubbub::completion<std::error_code> done) {
        visits::visit const v(*all);
        local_transport::wait_for_room(bytes, std::move(done));
    }
    hubbub::statistics statistics() const {
        visits::visit const v(*all);
        return local_transport::statistics();
    }
    void close() noexcept {
        visits::visit const v(*all);
        local_transport::close();
    }

    visits* all;
    std::shared_ptr<visits> last_handle;
};

using text_bus = hubbub::bus<visited_transport, hubbub::text_serializer>;

/// A bus whose io runs on two threads, while the test's is a third.
struct two_threads {
    ~two_threads() { join(); }

    void end() {
        bus.reset();
        transport.reset();
    }

    void join() {
        busy.reset();
        for (auto& t : threads)
            if (t.joinable())
                t.join();
    }

    asio::io_context io;
    asio::executor_work_guard<asio::io_context::executor_type> busy{io.get_executor()};
    hubbub::local_broker broker;
    visits seen;
    std::optional<visited_transport> transport{
        std::in_place, io.get_executor(), broker,
        hubbub::local_options{.limits = {.max_queue_messages = 2}}, seen};
    std::optional<text_bus> bus{std::in_place, *transport};
    std::atomic<int> ends = 0;
    std::vector<std::thread> threads;

    void run() {
        for (int i = 0; i < 2; ++i)
            threads.emplace_back([this] { io.run(); });
    }
};

} // namespace

TEST_CASE("a bus may end, and its transport with it, while another thread publishes what waited") {
    for (int round = 0; round < 200; ++round) {
        two_threads f;
        for (int i = 0; i < 4; ++i)
            f.bus->async_publish("t", std::string("m"), hubbub::wait_forever,
                                 [&](std::error_code, hubbub::receiver_count) { ++f.ends; });
        int const before = f.seen.made;
        f.run();
        f.seen.wait_for_more_than(before + round % 2);
        f.end();
        CHECK(!f.seen.disturbed);
        f.join();
        CHECK(f.ends == 4);
    }
}

TEST_CASE("a bus may end, and its transport with it, while another thread ends its drain") {
    for (int round = 0; round < 200; ++round) {
        two_threads f;
        CHECK(!f.bus->publish("t", "m"));
        f.bus->async_drain(10s, [&](std::error_code, std::uint64_t) { ++f.ends; });
        int const before = f.seen.made;
        f.run();
        f.seen.wait_for_more_than(before);
        f.end();
        CHECK(!f.seen.disturbed);
        f.join();
        CHECK(f.ends == 1);
    }
}

TEST_CASE("a bus that a sink destroys inside of a publish with patience does not wait for itself") {
    asio::io_context io;
    hubbub::local_broker const broker;
    std::optional<hubbub::immediate_local_transport> transport(std::in_place, io, broker);
    std::optional<hubbub::bus<hubbub::immediate_local_transport, hubbub::text_serializer>> bus(
        std::in_place, *transport);
    auto const s = bus->subscribe<std::string>("t", [&](std::string const&) {
        bus.reset();
        transport.reset();
    });
    std::optional<std::error_code> end;
    bus->async_publish("t", std::string("m"), hubbub::wait_forever,
                       [&](std::error_code error, hubbub::receiver_count) { end = error; });
    io.run();
    CHECK(end == std::error_code{});
}

TEST_CASE("a second drain completes as closed when the first has closed the bus") {
    asio::io_context io;
    hubbub::local_broker const broker;
    hubbub::local_transport transport(io.get_executor(), broker);
    hubbub::bus<hubbub::local_transport, hubbub::text_serializer> bus(transport);
    CHECK(!bus.publish("t", "m"));
    std::vector<std::error_code> ends;
    for (int i = 0; i < 2; ++i)
        bus.async_drain(10s, [&](std::error_code error, std::uint64_t) { ends.push_back(error); });
    io.run();
    CHECK(ends == std::vector<std::error_code>{{}, errc::closed});
}

} // namespace bus_ends_test
