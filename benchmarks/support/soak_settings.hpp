// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"
#include "program.hpp"

#include <hubbub/limits.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

/// What a soak is to do.
struct soak_settings {
    std::string redis = "redis://127.0.0.1:6379/0?app=soak";
    double seconds = 60;
    std::size_t publishers = 2;
    std::size_t subscribers = 2;
    std::size_t topics = 8;
    std::size_t payload = 64;
    double rate = 20000; // messages a second, of all publishers together; 0 for all that go
    std::string framing = "sequenced";
    hubbub::outage_policy while_down = hubbub::message_limits{}.while_down;
    std::size_t queue_bytes = hubbub::message_limits{}.max_queue_bytes;
    double ping_interval = 5;    // seconds
    double response_timeout = 5; // seconds
    double churn = 0;            // topics left a second
    bool json = false;

    bool sequenced() const noexcept { return framing == "sequenced"; }
};

/// Of each link of the soak.
inline hubbub::redis::options link_options(soak_settings const& s) {
    auto o = hubbub::redis::parse_url(s.redis);
    o.limits.while_down = s.while_down;
    o.limits.max_queue_bytes = s.queue_bytes;
    auto const rounded = [](double seconds) {
        return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
    };
    o.ping_interval = rounded(s.ping_interval);
    o.response_timeout = rounded(s.response_timeout);
    return o;
}

/// False if --help was asked for, and given. Errors: throws usage_error.
inline bool parse(soak_settings& s, int argc, char** argv) {
    arguments a("soak", "Publishers and subscribers on links of their own over a Redis; every "
                        "message is identified.\n"
                        "Ends with a ledger, in deliveries, after the time or on Ctrl-C; a second "
                        "Ctrl-C does not wait\n"
                        "until all is accounted for. What is known lost was lost on the way, "
                        "displaced by newer messages\n"
                        "(--while-down newest), or discarded at the end; what is not expected was "
                        "published while the\n"
                        "subscriber had left the topic (--churn). Unaccounted is a sum over all "
                        "streams, of one publisher\n"
                        "on one topic to one subscriber: the messages that it neither got nor was "
                        "told as lost, and those\n"
                        "that it was told as lost that are not, or twice; none makes up for "
                        "another. With --framing plain\n"
                        "it is the difference of the totals. peak_memory_bytes is that of this "
                        "process, and -1 where there\n"
                        "is no /proc, or where an address sanitizer adds to it. Exit status 1 if "
                        "it cannot use Redis,\n"
                        "crashes, or if with --framing sequenced anything is unaccounted for, "
                        "twice there or out of order.");
    a.text("--redis", "URL", "which Redis (redis://127.0.0.1:6379/0?app=soak)", s.redis);
    a.number("--seconds", "N", "how long to publish (60)", 0.1, 1e6, s.seconds);
    a.number("--publishers", "P", "how many publish (2)", std::size_t{1}, std::size_t{1000},
             s.publishers);
    a.number("--subscribers", "S", "how many subscribe, each to all topics (2)", std::size_t{1},
             std::size_t{1000}, s.subscribers);
    a.number("--topics", "T", "how many topics (8)", std::size_t{1}, std::size_t{100000}, s.topics);
    a.number("--payload", "B", "bytes a message (64)", std::size_t{1}, std::size_t{1} << 24,
             s.payload);
    a.number("--rate", "R", "messages a second in all, 0 for as many as go (20000)", 0.0, 1e7,
             s.rate);
    a.option("--framing", "plain|sequenced", "whether messages are numbered (sequenced)",
             [&s](std::string_view value) {
                 if (value != "plain" && value != "sequenced")
                     throw usage_error("the framing is plain or sequenced");
                 s.framing = value;
             });
    a.option("--while-down", "refuse|keep|newest",
             "what becomes of publishes while Redis is away (keep)", [&s](std::string_view value) {
                 if (value == "refuse")
                     s.while_down = hubbub::outage_policy::refuse;
                 else if (value == "keep")
                     s.while_down = hubbub::outage_policy::keep;
                 else if (value == "newest")
                     s.while_down = hubbub::outage_policy::keep_newest;
                 else
                     throw usage_error("the policy is refuse, keep or newest");
             });
    a.number("--queue-bytes", "N", "how much waits in each publisher at most (67108864)",
             std::size_t{1}, std::size_t{1} << 40, s.queue_bytes);
    a.number("--ping-interval", "S", "seconds until a silent link is asked with a PING (5)", 0.001,
             1e6, s.ping_interval);
    a.number("--response-timeout", "S", "seconds that an answer may take (5)", 0.001, 1e6,
             s.response_timeout);
    a.number("--churn", "N",
             "topics a second that a subscriber leaves for a while, in the first half of the time "
             "(0)",
             0.0, 1e4, s.churn);
    a.flag("--json", "the ledger as one JSON object on the last line", s.json);
    if (!a.parse(argc, argv))
        return false;
    try {
        hubbub::redis::parse_url(s.redis);
    } catch (std::invalid_argument const& e) {
        throw usage_error(fmt::format("--redis: {}", e.what()));
    }
    return true;
}

} // namespace bench
