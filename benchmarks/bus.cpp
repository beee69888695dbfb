// How much does each transport carry, how fast, to how many, and what would the barest means do?
// SPDX-License-Identifier: MIT

#include "support/arguments.hpp"
#include "support/chart.hpp"
#include "support/comparison.hpp"
#include "support/hiredis.hpp"
#include "support/own_redis.hpp"
#include "support/program.hpp"
#include "support/raw_call.hpp"
#include "support/raw_queue.hpp"
#include "support/raw_redis.hpp"
#include "support/report.hpp"
#include "support/table.hpp"
#include "support/terminal.hpp"

#include <hubbub.hpp>
#include <hubbub/transport/redis.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using namespace bench;

struct settings {
    std::string redis_url;
    std::vector<std::string> transports{"local", "redis"};
    std::vector<std::size_t> payloads{32, 200, 4096};
    double seconds = 0;
    std::uint64_t messages = 0;
    std::size_t runs = 0;
    bool quick = false;
    std::string json;
    std::string svg;

    bool has(std::string_view transport) const {
        return std::find(transports.begin(), transports.end(), transport) != transports.end();
    }
};

/// Nothing if help was asked for.
std::optional<settings> read_settings(int argc, char** argv) {
    settings s;
    arguments args("bus", "How much does each transport carry, how fast, to how many subscribers?\n"
                          "Beside each stands the barest way to do the same. A message that is "
                          "missing or damaged\nends it with status 1.");
    redis_option(args, s.redis_url);
    args.option("--transport", "LIST", "local, redis, or both (local,redis)", [&](auto text) {
        s.transports.clear();
        for (auto const name : split(text, ',')) {
            if (name != "local" && name != "redis")
                throw usage_error(
                    fmt::format("unknown transport \"{}\"; known are local and redis", name));
            s.transports.emplace_back(name);
        }
    });
    args.option("--payload", "LIST", "bytes of a message (32,200,4096)", [&](auto text) {
        s.payloads.clear();
        for (auto const size : split(text, ','))
            s.payloads.push_back(parse_number(size, least_payload, most_payload));
    });
    args.number("--seconds", "S", "how long one run lasts (0.1)", 0.001, 3600.0, s.seconds);
    args.number<std::uint64_t>("--messages", "N", "how many messages are timed in one run, instead",
                               1, 1'000'000'000'000, s.messages);
    args.number<std::size_t>("--runs", "R", "how many runs a median is of (5)", 1, 1000, s.runs);
    args.flag("--quick", "3 runs of 0.01 s: whether it works, not how fast it is", s.quick);
    args.text("--json", "FILE", "write every figure of every run there", s.json);
    args.text("--svg", "FILE", "draw a chart there", s.svg);
    if (!args.parse(argc, argv))
        return std::nullopt;
    if (s.seconds > 0 && s.messages > 0)
        throw usage_error("--seconds and --messages exclude each other");
    if (s.seconds == 0)
        s.seconds = s.quick ? 0.01 : 0.1;
    if (s.runs == 0)
        s.runs = s.quick ? 3 : 5;
    return s;
}

/// Each behind its baseline.
std::vector<subject> subjects_for(settings const& s, hubbub::redis::options const& redis) {
    auto const topic = fmt::format("hubbub-benchmark-{}", getpid());
    hubbub::local_broker const broker;
    std::vector<subject> all;
    if (s.has("local")) {
        all.push_back(raw_call("raw calls"));
        all.push_back(bus_over<hubbub::immediate_local_transport>(
            "local, immediate", "raw calls", topic,
            [broker](asio::any_io_executor const& executor) {
                return hubbub::immediate_local_transport(executor, broker);
            }));
        all.push_back(raw_queue("raw queue"));
        all.push_back(bus_over<hubbub::local_transport>(
            "local, executor", "raw queue", topic, [broker](asio::any_io_executor const& executor) {
                return hubbub::local_transport(executor, broker);
            }));
    }
    if (s.has("redis")) {
        all.push_back(raw_redis_subject("hiredis, pipelined", redis, topic));
        all.push_back(bus_over<hubbub::redis_transport>(
            "redis", "hiredis, pipelined", topic, [redis](asio::any_io_executor const& executor) {
                return hubbub::redis_transport(executor, redis);
            }));
    }
    return all;
}

question const throughput{"throughput",
                          {{"messages", "1/s"}, {"payload", "MiB/s"}, {"cpu", "µs/message"}},
                          true,
                          [](subject const& s, workload const& w) -> std::vector<double> {
                              auto const r = s.stream(w);
                              auto const rate = static_cast<double>(r.messages) / r.seconds;
                              return {rate, rate * static_cast<double>(w.payload) / (1 << 20),
                                      r.cpu_seconds * 1e6};
                          }};

question const round_trip{"round trip",
                          {{"p50", "µs"}, {"p99", "µs"}, {"max", "µs"}},
                          false,
                          [](subject const& s, workload const& w) -> std::vector<double> {
                              auto const trips = s.ping_pong(w);
                              return {quantile(trips, 0.5) * 1e6, quantile(trips, 0.99) * 1e6,
                                      quantile(trips, 1) * 1e6};
                          }};

question const fan_out{"fan-out",
                       {{"delivery", "ns"}},
                       false,
                       [](subject const& s, workload const& w) -> std::vector<double> {
                           auto const r = s.stream(w);
                           auto const deliveries =
                               static_cast<double>(r.messages) * static_cast<double>(w.subscribers);
                           return {r.seconds * 1e9 / deliveries};
                       }};

constexpr std::size_t audiences[] = {1, 10, 100, 1000};

/// All answers for one payload.
struct chapter {
    std::size_t payload;
    std::vector<answer> throughput;
    std::vector<answer> round_trip;
    std::vector<std::vector<answer>> fan_out; // as audiences
};

std::vector<chapter> ask_all(settings const& s, std::vector<subject> const& subjects) {
    progress shown(s.payloads.size() * (2 + std::size(audiences)) * s.runs * subjects.size());
    std::vector<chapter> chapters;
    for (auto const payload : s.payloads) {
        workload w{.payload = payload,
                   .messages = s.messages,
                   .time = std::chrono::duration<double>(s.seconds)};
        chapter c{payload,
                  compare(throughput, subjects, w, s.runs, shown),
                  compare(round_trip, subjects, w, s.runs, shown),
                  {}};
        for (auto const size : audiences) {
            w.subscribers = size;
            w.messages = s.messages == 0 ? 0 : std::max<std::uint64_t>(s.messages / size, 1);
            c.fan_out.push_back(compare(fan_out, subjects, w, s.runs, shown));
        }
        chapters.push_back(std::move(c));
    }
    return chapters;
}

std::string ratio_text(series const& ratio) {
    return ratio.empty() ? std::string() : times(ratio.median());
}

void print_answers(question const& q, std::string const& title, std::vector<std::string> columns,
                   std::vector<subject> const& subjects, std::vector<chapter> const& chapters,
                   std::vector<answer> chapter::* answers) {
    print_heading(title);
    columns.insert(columns.begin(), {"bytes", "means"});
    columns.push_back("baseline");
    table t(2, std::move(columns));
    for (auto const& c : chapters) {
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            auto const& a = (c.*answers)[i];
            std::vector<std::string> row{i == 0 ? fmt::format("{}", c.payload) : "",
                                         subjects[i].name};
            for (std::size_t f = 0; f < q.figures.size(); ++f)
                row.push_back(digits(q.figures[f].name == "max" ? a.figures[f].most()
                                                                : a.figures[f].median()));
            row.push_back(ratio_text(a.cost_ratio));
            t.add(std::move(row));
        }
        t.add_gap();
    }
    t.print();
}

void print_fan_out(std::vector<subject> const& subjects, std::vector<chapter> const& chapters) {
    print_heading("Fan-out: one publish to 1, 10, 100 and 1000 subscribers, ns a delivery");
    std::vector<std::string> titles{"bytes", "means"};
    for (auto const size : audiences) {
        titles.push_back(fmt::format("to {}", size));
        titles.emplace_back();
    }
    table t(2, std::move(titles));
    for (auto const& c : chapters) {
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            std::vector<std::string> row{i == 0 ? fmt::format("{}", c.payload) : "",
                                         subjects[i].name};
            for (auto const& answers : c.fan_out) {
                row.push_back(digits(answers[i].figures[0].median()));
                row.push_back(ratio_text(answers[i].cost_ratio));
            }
            t.add(std::move(row));
        }
        t.add_gap();
    }
    t.print();
}

void print_all(std::string const& about, std::vector<subject> const& subjects,
               std::vector<chapter> const& chapters) {
    fmt::print("{}\n", about);
    print_answers(throughput, "Throughput: one publisher, one subscriber",
                  {"messages/s", "MiB/s", "CPU µs/message"}, subjects, chapters,
                  &chapter::throughput);
    print_answers(round_trip, "Round trip: one message under way, there and back",
                  {"p50 µs", "p99 µs", "max µs"}, subjects, chapters, &chapter::round_trip);
    print_fan_out(subjects, chapters);
    fmt::print("×: the time that a message takes, in that of the means above it; less is better.\n"
               "Every message was counted and its content summed.\n");
}

void write_json(settings const& s, report r, std::vector<subject> const& subjects,
                std::vector<chapter> const& chapters) {
    auto const add = [&](question const& q, std::size_t payload, std::size_t audience,
                         std::vector<answer> const& answers) {
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            report::json const what{{"question", q.name},
                                    {"means", subjects[i].name},
                                    {"payload_bytes", payload},
                                    {"subscribers", audience}};
            for (std::size_t f = 0; f < q.figures.size(); ++f)
                r.add(what, q.figures[f].name, q.figures[f].unit, answers[i].figures[f]);
            if (!answers[i].cost_ratio.empty())
                r.add(what, "cost", "× " + subjects[i].baseline, answers[i].cost_ratio);
        }
    };
    for (auto const& c : chapters) {
        add(throughput, c.payload, 1, c.throughput);
        add(round_trip, c.payload, 1, c.round_trip);
        for (std::size_t i = 0; i < std::size(audiences); ++i)
            add(fan_out, c.payload, audiences[i], c.fan_out[i]);
    }
    r.write(s.json);
}

void draw(settings const& s, std::string const& about, std::vector<subject> const& subjects,
          std::vector<chapter> const& chapters) {
    // A hue for each subject, and its baseline's is the same: Okabe and Ito's, which all eyes tell
    // apart.
    constexpr std::string_view hues[] = {"#009E73", "#0072B2", "#D55E00"};
    std::vector<pen> pens;
    for (std::size_t i = 0; i < subjects.size(); ++i)
        pens.push_back({subjects[i].name, std::string(hues[i / 2]), subjects[i].baseline.empty()});

    std::vector<std::pair<std::string, std::vector<chart::bar>>> rates;
    std::vector<std::pair<std::string, std::vector<chart::bar>>> times;
    std::vector<std::pair<std::string, std::vector<chart::line>>> deliveries;
    for (auto const& c : chapters) {
        auto const title = fmt::format("{} bytes", c.payload);
        rates.emplace_back(title, std::vector<chart::bar>());
        times.emplace_back(title, std::vector<chart::bar>());
        deliveries.emplace_back(title, std::vector<chart::line>());
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            auto const& trip = c.round_trip[i].figures;
            rates.back().second.push_back({i, c.throughput[i].figures[0].median()});
            times.back().second.push_back({i, trip[0].median(), trip[1].median()});
            chart::line line{i, {}};
            for (std::size_t n = 0; n < std::size(audiences); ++n)
                line.points.emplace_back(audiences[n], c.fan_out[n][i].figures[0].median());
            deliveries.back().second.push_back(std::move(line));
        }
    }
    chart picture("hubbub: one program, each transport", about, std::move(pens), chapters.size());
    picture.add_bars("Throughput, more is better", "messages/s", rates);
    picture.add_bars("Round trip, p50 – p99, less is better", "µs", times);
    picture.add_lines("Fan-out, less is better", "subscribers", "ns a delivery", deliveries);
    write_file(s.svg, picture.svg());
}

int run(int argc, char** argv) {
    auto const given = read_settings(argc, argv);
    if (!given)
        return 0;
    auto const& s = *given;
    require_writable(s.json);
    require_writable(s.svg);

    std::optional<own_redis> redis;
    std::string about = fmt::format("hubbub {}, {} {}, {} CPUs", hubbub_version(), compiler(),
                                    BENCHMARK_FLAGS, std::thread::hardware_concurrency());
    report r("bus");
    if (s.has("redis")) {
        redis.emplace(s.redis_url);
        auto const version = redis_version(redis->options());
        about += ", Redis " + version;
        r.note("redis", version);
        r.note("hiredis", fmt::format("{}.{}.{}", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH));
    }
    about += s.messages > 0 ? fmt::format("; medians of {} runs of {} messages", s.runs, s.messages)
                            : fmt::format("; medians of {} runs of {} s", s.runs, s.seconds);

    auto const subjects = subjects_for(s, redis ? redis->options() : hubbub::redis::options{});
    auto const chapters = ask_all(s, subjects);
    print_all(about, subjects, chapters);
    write_json(s, std::move(r), subjects, chapters);
    if (!s.svg.empty())
        draw(s, about, subjects, chapters);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return bench::run_program("bus", [&] { return run(argc, argv); });
}
