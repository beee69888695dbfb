// What does a message on Redis cost both ends together, in instructions and in allocations?
// SPDX-License-Identifier: MIT

#include "support/allocations.hpp"
#include "support/arguments.hpp"
#include "support/callgrind.hpp"
#include "support/gate.hpp"
#include "support/message.hpp"
#include "support/own_redis.hpp"
#include "support/program.hpp"
#include "support/raw_call.hpp"
#include "support/raw_redis.hpp"
#include "support/report.hpp"
#include "support/series.hpp"
#include "support/servers.hpp"
#include "support/subject.hpp"
#include "support/table.hpp"
#include "support/terminal.hpp"

#include <hubbub.hpp>
#include <hubbub/transport/redis.hpp>

#include <asio/post.hpp>
#include <asio/use_future.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using namespace bench;

// What the first version must keep to, with 32 bytes.
constexpr double most_instructions = 2980;
constexpr double most_allocations_received = 0.001; // none but those of a timer now and then

struct settings {
    std::string redis_url;
    std::string json;
    bool check = false;
    // Of a worker, which callgrind looks at:
    std::string worker;
    std::uint64_t messages = 0;
    std::size_t payload = 32;
};

std::optional<settings> read_settings(int argc, char** argv) {
    settings s;
    arguments args("cost", "What does a message on Redis cost both ends together, published and "
                           "received as text?\nInstructions are those in user space, counted by "
                           "callgrind.");
    redis_option(args, s.redis_url);
    args.flag("--check",
              fmt::format("end with status 1 if 32 bytes cost more than {} instructions, or "
                          "receiving allocates",
                          most_instructions),
              s.check);
    args.text("--json", "FILE", "write every figure there", s.json);
    args.text("--worker", "NAME", "(for itself) carry messages, and say nothing", s.worker);
    args.number<std::uint64_t>("--messages", "N", "(for itself) how many", 1, 1'000'000'000,
                               s.messages);
    args.number("--payload", "BYTES", "(for itself) of what size", least_payload, most_payload,
                s.payload);
    if (!args.parse(argc, argv))
        return std::nullopt;
    return s;
}

// Instructions ------------------------------------------------------------------------------------

constexpr std::string_view hubbub_worker = "hubbub";
constexpr std::string_view hiredis_worker = "hiredis";
/// Makes and checks the messages, as the others do, and carries them nowhere.
constexpr std::string_view idle_worker = "idle";

/// All in one process: hubbub on one thread, hiredis with its two.
int work(settings const& s) {
    auto const options = hubbub::redis::parse_url(s.redis_url);
    auto const topic = fmt::format("hubbub-cost-{}", getpid());
    workload const w{.payload = s.payload, .messages = s.messages};
    if (s.worker == hubbub_worker) {
        using bus_type = servers<hubbub::redis_transport>::bus_type;
        loop both;
        servers<hubbub::redis_transport> two(both, both, [&](auto const& executor) {
            return hubbub::redis_transport(executor, options);
        });
        std::make_shared<stream<bus_type>>(two.left(), two.right(), topic, w)->run();
    } else if (s.worker == hiredis_worker) {
        raw_redis(options, topic).stream(w);
    } else if (s.worker == idle_worker) {
        raw_call("").stream(w);
    } else {
        throw usage_error(fmt::format("--worker: there is no \"{}\"", s.worker));
    }
    return 0;
}

/// What one more message costs: runs of two lengths, and their difference.
double instructions_per_message(std::string_view worker, std::string const& url,
                                std::size_t payload, progress& shown) {
    auto const run = [&](std::uint64_t messages) {
        shown.step(fmt::format("{}, {} B, {} messages under callgrind", worker, payload, messages));
        return static_cast<double>(
            instructions_of({"--worker", std::string(worker), "--redis", url, "--messages",
                             std::to_string(messages), "--payload", std::to_string(payload)}));
    };
    // In whole chunks.
    constexpr std::uint64_t few = 2048;
    constexpr std::uint64_t many = 5 * few;
    return (run(many) - run(few)) / (many - few);
}

// Allocations -------------------------------------------------------------------------------------

struct allocations {
    double publish = 0;
    double async_publish = 0;
    /// Of messages that come many at a time, and one by one.
    double receive = 0;
    double receive_alone = 0;
};

/// The publisher, its link and the receiver each on a thread of its own, so that each allocation
/// has an owner.
class allocation_count {
public:
    explicit allocation_count(hubbub::redis::options const& o)
        : two_(here_, there_,
               [&](auto const& executor) { return hubbub::redis_transport(executor, o); }) {
        for (auto* bus : {&two_.left(), &two_.right()})
            report_trouble(*bus, run_);
        allocate_as(allocator_role::caller);
        name_thread(here_, allocator_role::publishing_link);
        name_thread(there_, allocator_role::receiver);
    }

    allocations count() {
        auto const subscription =
            subscribe(two_.right(), topic_, *run_, [this](std::string_view payload) {
                if (!is_intact(payload) || number_of(payload) != received_)
                    run_->fail(fmt::format("message {} came damaged", received_));
                if (++received_ % at_a_time_ == 0)
                    ahead_.leave();
            });
        auto const plain = [this](std::string_view payload) {
            if (auto const error = two_.left().publish(topic_, payload))
                throw failure(fmt::format("publish: {}", error.message()));
        };
        auto const with_completion = [this](std::string_view payload) {
            two_.left().async_publish(
                topic_, payload, [this](std::error_code error, hubbub::receiver_count) {
                    if (error)
                        run_->fail(fmt::format("publish: {}", error.message()));
                });
        };
        auto const many = burst(plain, 256);
        auto const completed = burst(with_completion, 256);
        auto const single = burst(plain, 1);
        return {many.publish, completed.publish, many.receive, single.receive};
    }

private:
    /// For one message.
    struct result {
        double publish;
        double receive;
    };

    static void name_thread(loop& l, allocator_role role) {
        asio::post(l.executor(), asio::use_future([role] { allocate_as(role); })).get();
    }

    template <class Publish>
    result burst(Publish publish, std::uint64_t at_a_time) {
        using enum allocator_role;
        constexpr std::uint64_t messages = 16384;
        // What each buffer will ever need is allocated once, and not counted.
        carry(publish, messages, at_a_time);
        auto const before = allocations_of(caller) + allocations_of(publishing_link);
        auto const before_received = allocations_of(receiver);
        carry(publish, messages, at_a_time);
        auto const published = allocations_of(caller) + allocations_of(publishing_link) - before;
        auto const received = allocations_of(receiver) - before_received;
        return {static_cast<double>(published) / messages,
                static_cast<double>(received) / messages};
    }

    template <class Publish>
    void carry(Publish publish, std::uint64_t messages, std::uint64_t at_a_time) {
        at_a_time_ = at_a_time;
        for (auto const all = number_ + messages; number_ < all;) {
            ahead_.enter();
            for (auto const end = number_ + at_a_time; number_ < end; ++number_)
                publish(maker_.make(number_));
            ahead_.wait_until_empty();
        }
        settle();
    }

    /// Waits until Redis's answers have come, too.
    void settle() {
        while (two_.left().statistics().queued > 0) {
            run_->check();
            std::this_thread::yield();
        }
    }

    loop here_;
    loop there_;
    servers<hubbub::redis_transport> two_;
    std::shared_ptr<watch> run_ = std::make_shared<watch>();
    std::string topic_ = fmt::format("hubbub-cost-{}", getpid());
    message_maker maker_{32};
    gate ahead_{1, run_};
    std::uint64_t number_ = 0;
    std::atomic<std::uint64_t> at_a_time_ = 1;
    std::uint64_t received_ = 0; // the receiver's
};

// The answer --------------------------------------------------------------------------------------

/// Whether the goal is kept.
bool count_instructions(std::string const& url, report& r) {
    struct row {
        std::size_t payload;
        double hubbub;
        double hiredis;
    };
    std::vector<row> rows;
    {
        progress shown(12);
        for (auto const payload : {std::size_t{32}, std::size_t{4096}}) {
            auto const of = [&](std::string_view worker) {
                return instructions_per_message(worker, url, payload, shown);
            };
            auto const idle = of(idle_worker);
            rows.push_back({payload, of(hubbub_worker) - idle, of(hiredis_worker) - idle});
        }
    }
    table t(1, {"bytes", "hubbub", "hiredis, pipelined", "ratio"});
    for (auto const& [payload, own, peer] : rows) {
        t.add({fmt::format("{}", payload), digits(own), digits(peer), times(own / peer)});
        for (auto const& [means, value] :
             {std::pair{"hubbub", own}, {"hiredis, pipelined", peer}}) {
            series only;
            only.add(value);
            r.add({{"means", means}, {"payload_bytes", payload}}, "instructions", "1/message",
                  only);
        }
    }
    print_heading("Instructions a message, published and received");
    t.print();
    bool const kept = rows.front().hubbub <= most_instructions;
    fmt::print("  goal at 32 bytes: {} at most: {}\n", digits(most_instructions),
               kept ? "kept" : "MISSED");
    return kept;
}

/// Whether the goal is kept.
bool count_allocations(hubbub::redis::options const& o, report& r) {
    auto const counted = allocation_count(o).count();
    table t(1, {"operation", "allocations a message"});
    for (auto const& [name, value] : {std::pair{"publish", counted.publish},
                                      {"async_publish", counted.async_publish},
                                      {"receive, 256 at a time", counted.receive},
                                      {"receive, one by one", counted.receive_alone}}) {
        t.add({name, digits(value)});
        series only;
        only.add(value);
        r.add({{"means", "hubbub"}, {"payload_bytes", 32}, {"operation", name}}, "allocations",
              "1/message", only);
    }
    print_heading("Allocations a message, of 32 bytes");
    t.print();
    bool const kept = std::max(counted.receive, counted.receive_alone) <= most_allocations_received;
    fmt::print("  goal: none to receive: {}\n", kept ? "kept" : "MISSED");
    return kept;
}

int run(int argc, char** argv) {
    auto const given = read_settings(argc, argv);
    if (!given)
        return 0;
    auto const& s = *given;
    if (!s.worker.empty())
        return work(s);
    require_writable(s.json);
    own_redis const redis(s.redis_url);
    auto const version = redis_version(redis.options());
    fmt::print("hubbub {}, {} {}, Redis {}\n", hubbub_version(), compiler(), BENCHMARK_FLAGS,
               version);
    report r("cost");
    r.note("redis", version);

    bool kept = count_allocations(redis.options(), r);
    if (has_callgrind()) {
        kept = count_instructions(redis.url(), r) && kept;
    } else {
        fmt::print("\nInstructions are not counted: valgrind is not installed.\n");
        kept = false;
    }
    r.write(s.json);
    return s.check && !kept ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    return bench::run_program("cost", [&] { return run(argc, argv); });
}
