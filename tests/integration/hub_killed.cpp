// A server process of a hub that is killed (SIGKILL), and what the others had asked of it.
#include <hubbub/hub.hpp>
#include <hubbub/hub/presence.hpp>
#include <hubbub/hub/servers.hpp>
#include <hubbub/testing/run_until.hpp>
#include <hubbub/transport/any.hpp>
#include <hubbub/transport/redis.hpp>

#include "support/hub_server.hpp"
#include "support/redis_server.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hub_killed_test {
namespace {

using namespace std::chrono_literals;
using hubbub::hub_errc;
using error_list = std::vector<std::error_code>;

constexpr auto beacon_interval = 200ms;
/// Within this what was asked of a dead server has ended.
auto const stated_bound = (hubbub::hub_options{}.missed_beacons + 1) * beacon_interval;
/// What a loaded machine may add to it: each of the intervals may be late by as much again.
auto const margin = stated_bound;

hubbub::redis::options redis_at(std::uint16_t port) {
    hubbub::redis::options options;
    options.port = port;
    return options;
}

struct node : hub_server<> {
    node(asio::io_context& io, std::uint16_t port)
        : hub_server(
              hubbub::any_transport(hubbub::redis_transport(io.get_executor(), redis_at(port))),
              {.request_timeout = 1h, .beacon_interval = beacon_interval}) {}
};

/// A process with one server of the hub, which has one client that never answers.
class server_process {
public:
    explicit server_process(std::uint16_t port) {
        int ends[2];
        if (pipe(ends) != 0)
            throw std::runtime_error("no pipe");
        auto const parent = getpid();
        pid_ = fork();
        if (pid_ < 0)
            throw std::runtime_error("cannot fork");
        if (pid_ == 0)
            serve(port, ends[1], parent);
        ::close(ends[1]);
        char letter = 0;
        while (read(ends[0], &letter, 1) == 1 && letter != '\n')
            connection_id += letter;
        ::close(ends[0]);
    }
    server_process(server_process const&) = delete;
    server_process& operator=(server_process const&) = delete;
    ~server_process() { kill(); }

    /// It keeps its connections, and does nothing.
    void pause() const { ::kill(pid_, SIGSTOP); }

    void kill() {
        if (pid_ <= 0)
            return;
        ::kill(pid_, SIGKILL);
        while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
    }

    std::string connection_id;

private:
    [[noreturn]] static void serve(std::uint16_t port, int answer, pid_t parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(126); // the test ended before that took effect
        try {
            asio::io_context io;
            node n(io, port);
            std::vector<hubbub::invocation<hubbub::json_serializer>> kept;
            hubbub::connection<hub_bus> client;
            n.hub->async_connect(
                "ada", [&](auto const& call) { kept.push_back(call); },
                [&](std::error_code error, auto made) {
                    client = std::move(made);
                    auto const line = error ? std::string("\n") : client.id() + '\n';
                    if (write(answer, line.data(), line.size()) < 0)
                        _exit(1);
                    ::close(answer);
                });
            io.run();
        } catch (...) {
            _exit(2); // the test sees that it told no id
        }
        _exit(0);
    }

    pid_t pid_ = 0;
};

/// What one server has asked of the process, and what came of it.
struct questions {
    void ask_for_answer(node& by, std::string const& client) {
        ++asked;
        by.hub->clients().client(client).template async_invoke<hubbub::outcome<int>>(
            "answer", [this](hubbub::outcome<int> given) { ended.push_back(given.error()); });
    }

    void ask_for_more(node& by, std::string const& client) {
        asked += 2;
        auto const finish = [this](std::error_code error) { ended.push_back(error); };
        by.hub->async_add_to_group(client, "lobby", finish);
        by.hub->async_remove_from_group(client, "garden", finish);
        by.hub->presence().async_count(
            [this](std::error_code, auto all) { counted = std::move(all); });
        by.hub->presence().async_users(
            [this](std::error_code, auto all) { users = std::move(all); });
        by.hub->async_groups_of(client, [this](std::error_code error, auto const& /*groups*/) {
            groups_ended = error;
        });
        by.hub->servers().async_invoke<int>(
            "load", [this](std::error_code, auto all) { loads = std::move(all); });
    }

    /// Whether nothing of it has ended.
    bool all_pending() const {
        return ended.empty() && !counted && !users && !groups_ended && !loads;
    }

    bool done() const {
        return ended.size() == asked && (asked < 2 || (counted && users && groups_ended && loads));
    }

    std::size_t asked = 0;
    error_list ended;
    std::optional<hubbub::server_results<std::uint64_t>> counted;
    std::optional<hubbub::server_results<std::vector<std::string>>> users;
    std::optional<std::error_code> groups_ended;
    std::optional<hubbub::collected<int>> loads;
};

} // namespace

TEST_SUITE_BEGIN("redis");

TEST_CASE("all that is asked of a server process that is killed ends with an error in time") {
    redis_server redis;
    server_process victim(redis.port());
    asio::io_context io; // after the fork
    REQUIRE(!victim.connection_id.empty());
    auto const dead = victim.connection_id.substr(0, victim.connection_id.find('-'));
    node first(io, redis.port());
    node second(io, redis.port());
    auto const run_until = [&](auto condition, char const* awaited) {
        hubbub::testing::run_until(io, condition, awaited);
    };
    run_until(
        [&] {
            return first.hub->servers().alive().size() == 3 &&
                   second.hub->servers().alive().size() == 3;
        },
        "the servers to meet");
    std::vector<hubbub::connection<hub_bus>> living; // which partial answers tell of
    for (auto* const n : {&first, &second}) {
        n->hub->servers().on("load", [] { return 7; });
        n->hub->async_connect(
            n == &first ? "bob" : "eve", [](auto const&) {},
            [&](std::error_code, auto made) { living.push_back(std::move(made)); });
    }
    run_until(
        [&] {
            return first.hub->connections() + second.hub->connections() == 2 && living.size() == 2;
        },
        "clients of the servers that live");

    questions by_first;
    questions by_second;
    std::size_t flushed = 0;
    auto const flush = [&](std::size_t total) { // what was asked has come to Redis
        for (auto* const n : {&first, &second})
            n->bus.async_publish("flush", 1,
                                 [&](std::error_code, hubbub::receiver_count) { ++flushed; });
        run_until([&] { return flushed == total; }, "Redis to have what was asked");
    };
    by_first.ask_for_answer(first, victim.connection_id); // it has this, and keeps it
    by_second.ask_for_answer(second, victim.connection_id);
    flush(2);
    victim.pause();
    for (int i = 0; i < 3; ++i) { // and these on their way
        by_first.ask_for_answer(first, victim.connection_id);
        by_second.ask_for_answer(second, victim.connection_id);
    }
    by_first.ask_for_more(first, victim.connection_id);
    by_second.ask_for_more(second, victim.connection_id);
    flush(4);
    CHECK(by_first.all_pending());
    CHECK(by_second.all_pending());
    auto const killed = std::chrono::steady_clock::now();
    victim.kill();
    run_until([&] { return by_first.done() && by_second.done(); }, "all that was asked to end");
    CHECK(std::chrono::steady_clock::now() - killed < stated_bound + margin);

    for (auto const* const q : {&by_first, &by_second}) {
        CHECK(q->ended == error_list(6, hub_errc::server_lost));
        CHECK(q->counted->value == 2); // what the others know is told all the same
        CHECK(q->counted->missing == std::vector{dead});
        CHECK(q->users->value == std::vector<std::string>{"bob", "eve"});
        CHECK(q->users->missing == std::vector{dead});
        CHECK(q->groups_ended == hub_errc::server_lost);
        CHECK(q->loads->missing() == std::vector{dead});
        CHECK(q->loads->answers.size() == 3);
        for (auto const& [server, load] : q->loads->answers)
            if (server == dead)
                CHECK(load.error() == hub_errc::server_lost);
            else
                CHECK(*load == 7);
    }

    questions late; // it is known to be dead
    late.ask_for_answer(first, victim.connection_id);
    run_until([&] { return late.done(); }, "a late question to end");
    CHECK(late.ended == error_list{hub_errc::unknown_server});
    CHECK(first.hub->servers().alive().size() == 2);
}

TEST_SUITE_END();

} // namespace hub_killed_test
