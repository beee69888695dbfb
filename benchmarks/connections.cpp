// What does a connection of a hub take in memory, and what a broadcast to all of them?
// SPDX-License-Identifier: MIT

#include "support/allocations.hpp"
#include "support/arguments.hpp"
#include "support/callgrind.hpp"
#include "support/counting_serializer.hpp"
#include "support/live_memory.hpp"
#include "support/program.hpp"
#include "support/report.hpp"
#include "support/series.hpp"
#include "support/table.hpp"
#include "support/terminal.hpp"

#include <hubbub/hub.hpp>
#include <hubbub/transport/local.hpp>

#include <asio/io_context.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace bench;

// The most bytes that a connection may take: one that is called, and one with an outbox.
constexpr double bytes_called = 403;
constexpr double bytes_with_outbox = 483;

/// Whether calls go straight to a connection, or wait in an outbox until it reads them. A reader waits
/// for the next, as one does that serves a socket.
enum class by { handler, outbox, reader };

// Of the connections that are in groups.
constexpr std::size_t groups_each = 10;
constexpr std::size_t group_size = 100;

/// One server on the local bus, whose connections are in this process: no sockets.
class audience {
    template <class Connection>
    static auto keep_in(std::vector<Connection>& all) {
        return [&all](std::error_code error, Connection made) {
            require(error);
            all.push_back(std::move(made));
        };
    }

public:
    /// The users, one for each connection, or none.
    audience(std::size_t connections, by way, bool users = false) : way_(way) {
        auto const before = live_memory_bytes();
        called_.reserve(way == by::handler ? connections : 0);
        read_.reserve(way == by::handler ? 0 : connections);
        for (std::size_t i = 0; i < connections; ++i) {
            auto user = users ? fmt::format("user{:06}", i) : std::string();
            if (way == by::handler)
                hub_.async_connect(
                    user, [this](auto const& call) { take(call); }, keep_in(called_));
            else
                hub_.async_connect_receiver(user, {}, keep_in(read_));
        }
        run();
        if (way == by::reader)
            for (auto& c : read_)
                read(c);
        if (hub_.connections() != connections || size() != connections)
            throw failure(
                fmt::format("of {} connections {} are there", connections, hub_.connections()));
        bytes_ = live_memory_bytes() - before;
    }

    /// Of all connections, with their handles.
    std::size_t bytes() const noexcept { return bytes_; }

    /// Puts each connection into groups_each groups of group_size; what they take, all together.
    std::size_t bytes_of_groups() {
        auto const before = live_memory_bytes();
        std::size_t joined = 0;
        for (std::size_t i = 0; i < size(); ++i)
            for (std::size_t n = 0; n < groups_each; ++n)
                // Of each group the members are the neighbours in another stride.
                hub_.async_add_to_group(id_of(i * (2 * n + 1) % size()),
                                        fmt::format("group{}.{}", n, i / group_size),
                                        [&](std::error_code error) {
                                            require(error);
                                            ++joined;
                                        });
        run();
        if (joined != size() * groups_each)
            throw failure(fmt::format("{} memberships came about", joined));
        return live_memory_bytes() - before;
    }

    struct broadcast_cost {
        double nanoseconds;
        std::uint64_t allocations;
        unsigned encodings;
    };

    /// Calls a method of all. Errors: throws failure if not each was called once.
    broadcast_cost broadcast() {
        constexpr std::string_view method = "tell";
        told_ = 0;
        support::encodings = 0;
        auto const allocated = allocations_of(allocator_role::caller);
        auto const begin = std::chrono::steady_clock::now();
        require(hub_.clients().all().send(method, "a text of more than sixteen bytes"));
        run();
        std::chrono::duration<double, std::nano> const took =
            std::chrono::steady_clock::now() - begin;
        auto const made = allocations_of(allocator_role::caller) - allocated;
        if (way_ == by::outbox)
            for (auto& c : read_)
                if (auto const call = c.try_receive())
                    take(*call);
        if (told_ != size() * method.size())
            throw failure(
                fmt::format("of {} connections {} were called", size(), told_ / method.size()));
        return {took.count(), made, support::encodings};
    }

private:
    using bus_type = hubbub::bus<hubbub::local_transport, support::counting_serializer>;

    using invocation = hubbub::invocation<support::counting_serializer>;

    void take(invocation const& call) { told_ += call.method().size(); }

    void read(hubbub::receiving_connection<bus_type>& c) {
        c.async_receive([this, &c](std::error_code error, invocation const& call) {
            if (error)
                return; // the end
            take(call);
            read(c);
        });
    }

    std::size_t size() const { return called_.size() + read_.size(); }
    std::string const& id_of(std::size_t i) const {
        return way_ == by::handler ? called_[i].id() : read_[i].id();
    }

    static void require(std::error_code error) {
        if (error)
            throw failure(error.message());
    }

    /// All that is ready: the beacons are not.
    void run() {
        io_.restart();
        io_.poll();
    }

    by const way_;
    asio::io_context io_;
    hubbub::local_broker broker_;
    hubbub::local_transport transport_{io_.get_executor(), broker_};
    bus_type bus_{transport_};
    hubbub::hub<bus_type> hub_{bus_, {.beacon_interval = std::chrono::hours(1)}};
    std::vector<hubbub::connection<bus_type>> called_;
    std::vector<hubbub::receiving_connection<bus_type>> read_;
    std::size_t bytes_ = 0;
    std::size_t told_ = 0; // in letters of the method
};

/// What a recipient more adds to a broadcast: runs with few broadcasts and with many, and their
/// difference.
double instructions_per_recipient() {
    constexpr std::size_t recipients = 1000;
    constexpr std::size_t more = 100;
    auto const run = [](std::size_t broadcasts) {
        return static_cast<double>(
            instructions_of({"--connections", std::to_string(recipients), "--broadcasts-only",
                             std::to_string(broadcasts)}));
    };
    return (run(1 + more) - run(1)) / (more * recipients);
}

struct answer {
    series connection;
    series with_outbox;
    series with_reader;
    std::uint64_t allocations_of_outbox = 0; // for each recipient of a broadcast, as the next
    std::uint64_t allocations_of_reader = 0;
    series user;
    series membership;
    series nanoseconds;
    series allocations; // of a broadcast
    series encodings;
    std::uint64_t allocations_for_one = 0;
    series instructions; // of a recipient; empty without valgrind
};

/// When everything that is allocated once has been.
std::uint64_t allocations_of_broadcast(std::size_t connections, by way) {
    audience all(connections, way);
    all.broadcast();
    return all.broadcast().allocations;
}

answer ask(std::size_t connections, std::size_t runs) {
    auto const count = static_cast<double>(connections);
    allocate_as(allocator_role::caller);
    answer result;
    progress shown(8 + runs);
    shown.step("a broadcast to one");
    result.allocations_for_one = allocations_of_broadcast(1, by::handler);
    for (auto const& [way, bytes, allocations] :
         {std::tuple{by::outbox, &result.with_outbox, &result.allocations_of_outbox},
          {by::reader, &result.with_reader, &result.allocations_of_reader}}) {
        shown.step("connections with outboxes");
        bytes->add(static_cast<double>(audience(connections, way).bytes()) / count);
        *allocations =
            (allocations_of_broadcast(1001, way) - allocations_of_broadcast(1, way)) / 1000;
        check_interruption();
    }
    shown.step("connections of users");
    double const with_user =
        static_cast<double>(audience(connections, by::handler, true).bytes()) / count;
    check_interruption();
    shown.step("connections");
    audience all(connections, by::handler);
    result.connection.add(static_cast<double>(all.bytes()) / count);
    result.user.add(with_user - result.connection.median());
    for (std::size_t run = 0; run <= runs; ++run) {
        check_interruption();
        shown.step("a broadcast to all");
        auto const cost = all.broadcast();
        if (run == 0)
            continue; // what is allocated once
        result.nanoseconds.add(cost.nanoseconds / count);
        result.allocations.add(static_cast<double>(cost.allocations));
        result.encodings.add(cost.encodings);
    }
    shown.step("a broadcast under callgrind");
    if (has_callgrind())
        result.instructions.add(instructions_per_recipient());
    shown.step("groups");
    result.membership.add(static_cast<double>(all.bytes_of_groups()) / (count * groups_each));
    return result;
}

int run(int argc, char** argv) {
    std::size_t connections = 50000;
    std::size_t runs = 21;
    std::size_t broadcasts = 0;
    std::string json;
    bool check = false;
    arguments args("connections",
                   "What does a connection of a hub take in memory, and what a broadcast to all of "
                   "them?\nOne server on the local bus, JSON, no sockets. Bytes are those of the "
                   "heap, with\nwhat the allocator adds, and with the handles that the user has.");
    args.number<std::size_t>("--connections", "N", "how many there are (50000)", 1000, 1'000'000,
                             connections);
    args.number<std::size_t>("--runs", "R", "how many broadcasts a median is of (21)", 1, 10000,
                             runs);
    args.number<std::size_t>("--broadcasts-only", "N", "(for itself) make so many, and say nothing",
                             1, 10000, broadcasts);
    args.text("--json", "FILE", "write every figure of every run there", json);
    args.flag(
        "--check",
        fmt::format("end with status 1 if an idle connection takes more than {} bytes, or {} with "
                    "an outbox,\n    or a broadcast encodes twice, or allocates for a "
                    "connection that is called, or more\n    than once for an outbox",
                    bytes_called, bytes_with_outbox),
        check);
    if (!args.parse(argc, argv))
        return 0;
    require_writable(json);
    if (broadcasts != 0) {
        audience all(connections, by::handler);
        for (std::size_t i = 0; i < broadcasts; ++i)
            all.broadcast();
        return 0;
    }

    fmt::print("hubbub {}, {} {}; {} connections\n", hubbub_version(), compiler(), BENCHMARK_FLAGS,
               connections);
    auto const a = ask(connections, runs);

    report r("connections");
    r.note("connections", connections);
    table memory(1, {"memory", "bytes"});
    for (auto const& [name, bytes] : {std::pair{"an idle connection", &a.connection},
                                      {"an idle connection with an outbox", &a.with_outbox},
                                      {"and with a receive that waits", &a.with_reader},
                                      {"its user, if it is the only connection of it", &a.user},
                                      {"its membership in a group of a hundred", &a.membership}}) {
        memory.add({name, digits(bytes->median())});
        r.add({{"of", name}}, "memory", "B", *bytes);
    }
    print_heading("Memory");
    memory.print();

    auto const allocated = a.allocations.most() - static_cast<double>(a.allocations_for_one);
    table costs(1, {"a broadcast to all", ""});
    costs.add({"nanoseconds for each", digits(a.nanoseconds.median())});
    if (!a.instructions.empty())
        costs.add({"instructions for each", digits(a.instructions.median())});
    costs.add({"encodings", digits(a.encodings.most())});
    costs.add({"allocations", digits(a.allocations.most())});
    costs.add({"more than for one connection", digits(allocated)});
    costs.add({"allocations for an outbox", digits(static_cast<double>(a.allocations_of_outbox))});
    costs.add({"allocations for one that waits to read",
               digits(static_cast<double>(a.allocations_of_reader))});
    print_heading("Broadcast");
    costs.print();
    r.add({{"of", "a recipient"}}, "broadcast", "ns", a.nanoseconds);
    if (!a.instructions.empty())
        r.add({{"of", "a recipient"}}, "instructions", "1", a.instructions);
    r.add({{"of", "a broadcast"}}, "encodings", "1", a.encodings);
    r.add({{"of", "a broadcast"}}, "allocations", "1", a.allocations);

    bool const kept = a.connection.median() < bytes_called + 1 &&
                      a.with_outbox.median() < bytes_with_outbox + 1 && a.encodings.most() == 1 &&
                      allocated <= 0 && a.allocations_of_outbox <= 1;
    fmt::print("  goal: {} bytes, {} with an outbox; one encoding, no allocation "
               "for a connection, one for the place in an outbox: {}\n",
               bytes_called, bytes_with_outbox, kept ? "kept" : "MISSED");
    r.write(json);
    return check && !kept ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    return bench::run_program("connections", [&] { return run(argc, argv); });
}
