// The budget of all outboxes of a server, by the work that it makes and by what it takes from whom.
#include <hubbub/hub.hpp>
#include <hubbub/hub/members/members.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/transport/local.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

/// A server whose connections are read, and have a budget.
class budgeted {
public:
    using bus_type = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

    explicit budgeted(std::size_t budget)
        : core_(hubbub::detail::hub_core::open(
              hubbub::detail::core_of(bus_), hubbub::detail::frame_format::json,
              {.beacon_interval = std::chrono::hours(1), .outbox_budget = budget})) {}
    budgeted(budgeted const&) = delete;
    budgeted& operator=(budgeted const&) = delete;
    ~budgeted() { core_->close(); }

    hubbub::receiving_connection<bus_type>& connect(hubbub::overflow_policy when_full) {
        auto const reader = core_->make_reader({.when_full = when_full});
        connections.emplace_back(core_, reader, hubbub::json_serializer{});
        core_->connect(reader, {io_.get_executor(), [](std::error_code error) { CHECK(!error); }});
        run();
        return connections.back();
    }

    void send_to_all(std::string const& text) { send(targets().all(), text); }
    void send_to(std::size_t connection, std::string const& text) {
        send(targets().client(connections[connection].id()), text);
    }

    /// How many calls wait for a connection.
    std::size_t waiting(std::size_t connection) {
        std::size_t count = 0;
        while (connections[connection].try_receive())
            ++count;
        return count;
    }

    std::size_t looked_at() const { return core_->here().outboxes().looked_at(); }

private:
    using core_type = hubbub::detail::hub_core;

    hubbub::targets<bus_type> targets() const { return {*core_, hubbub::json_serializer{}}; }

    void send(hubbub::target<bus_type> const& to, std::string const& text) {
        CHECK(!to.send("tell", text));
        run();
    }

    /// All that is ready: the beacons are not.
    void run() {
        io_.restart();
        io_.poll();
    }

    asio::io_context io_;
    hubbub::local_broker broker_;
    hubbub::local_transport transport_{io_.get_executor(), broker_};
    bus_type bus_{transport_};
    std::shared_ptr<core_type> core_;

public:
    std::vector<hubbub::receiving_connection<bus_type>> connections; // they end first
};

// Of 132 bytes with the name of its method, its brackets and what stands for the rest.
std::string const sixty(60, 'x');

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("when the outboxes have no more room, each call costs as much as before") {
    constexpr std::size_t clients = 1000;
    constexpr std::size_t calls_each = 4;
    budgeted s(clients * calls_each * (sixty.size() + 72));
    for (std::size_t i = 0; i < clients; ++i)
        s.connect(hubbub::overflow_policy::drop_oldest);
    for (std::size_t i = 0; i < calls_each; ++i)
        s.send_to_all(sixty);
    CHECK(s.looked_at() == 0);

    constexpr std::size_t broadcasts = 5;
    for (std::size_t i = 0; i < broadcasts; ++i)
        s.send_to_all(sixty);
    auto const looked_at = s.looked_at();
    CHECK(looked_at > 0);
    CHECK(looked_at <= broadcasts * clients);
    for (std::size_t i = 0; i < clients; ++i)
        s.send_to(i, sixty);
    CHECK(s.looked_at() - looked_at <= 4 * clients);
}

TEST_CASE(
    "a broadcast that is larger than the budget looks at each outbox a bounded number of times") {
    constexpr std::size_t clients = 1000;
    budgeted s(10'000);
    for (std::size_t i = 0; i < clients; ++i)
        s.connect(hubbub::overflow_policy::drop_oldest);
    s.send_to_all(std::string(1000, 'x'));
    CHECK(s.looked_at() <= 2 * clients);
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < clients; ++i)
        waiting += s.waiting(i);
    CHECK(waiting == 8); // that is less than seven eighths of the budget
}

TEST_CASE("beyond the budget those that hold most are left with as much as each other") {
    budgeted s(16 * 132);
    for (int i = 0; i < 3; ++i)
        s.connect(hubbub::overflow_policy::drop_oldest);
    s.send_to(2, sixty);
    for (int i = 0; i < 6; ++i)
        s.send_to(0, sixty);
    for (int i = 0; i < 10; ++i)
        s.send_to(1, sixty); // and that is one too many
    CHECK(s.waiting(0) == 6);
    CHECK(s.waiting(1) == 7);
    CHECK(s.waiting(2) == 1);

    for (int i = 0; i < 8; ++i) {
        s.send_to(0, sixty);
        s.send_to(1, sixty);
    }
    s.send_to(2, sixty); // the same for all three, once more
    CHECK(s.waiting(0) == 6);
    CHECK(s.waiting(1) == 7);
    CHECK(s.waiting(2) == 1);
}

TEST_CASE("beyond the budget no more are ended than is needed") {
    budgeted s(16 * 132);
    for (int i = 0; i < 8; ++i)
        s.connect(hubbub::overflow_policy::disconnect);
    for (int i = 0; i < 3; ++i)
        s.send_to_all(sixty); // twice is all that there is room for
    std::size_t connected = 0;
    for (auto const& c : s.connections)
        connected += c.connected() ? 1 : 0;
    CHECK(connected == 4); // of which each holds three, and five would be too much
}

TEST_SUITE_END();
