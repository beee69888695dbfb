// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/subscription_set.hpp>

#include "support/completions.hpp"
#include "support/fake_redis.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

namespace support {

/// A subscription_set, the Redis it talks to, and a clock that stands still.
struct subscribing {
    using completed = std::vector<completions<std::error_code>::completed>;

    void want(hubbub::topic_filter const& what, int id) { set.want(what, done.make(id)); }
    void unwant(hubbub::topic_filter const& what) { set.unwant(what, now); }

    /// Sends what is due; returns whether there was any.
    bool send() {
        std::string out;
        set.output(out);
        CHECK(!set.has_output());
        redis.receive(out);
        return !out.empty();
    }

    hubbub::redis::subscription_set::outcome answer() {
        return redis.answer([&](auto const& reply) { return set.on_reply(reply); });
    }

    /// Sends and answers until there is nothing more; returns what was refused.
    std::vector<std::string> settle() {
        std::vector<std::string> refused;
        while (send() || redis.has_answer())
            while (redis.has_answer()) {
                auto const outcome = answer();
                CHECK(!outcome.error);
                if (outcome.refused_reason)
                    refused.push_back(outcome.refused_name);
            }
        return refused;
    }

    void advance(std::chrono::milliseconds by) {
        now += by;
        set.tick(now);
    }

    void down() {
        set.on_down();
        redis.disconnect();
    }

    std::chrono::milliseconds linger{1000};
    completions<std::error_code> done; // before what holds some of them
    hubbub::redis::subscription_set set{linger};
    fake_redis redis;
    hubbub::redis::time_point now{std::chrono::hours(1)};
};

} // namespace support
