// SPDX-License-Identifier: MIT
#pragma once

#include "audience.hpp"
#include "gate.hpp"
#include "hiredis.hpp"
#include "subject.hpp"
#include "trips.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace bench {

/// Calls take(payload) on a thread of its own for each message of a channel, until it is gone.
class channel_reader {
public:
    /// Subscribed when this returns.
    template <class Take>
    channel_reader(hubbub::redis::options const& o, std::string_view channel,
                   std::shared_ptr<watch> run, Take take)
        : redis_(o) {
        redis_.command({"SUBSCRIBE", channel});
        thread_ = std::thread([this, run = std::move(run), take] {
            try {
                std::string_view payload;
                for (;;) {
                    auto const message = redis_.message(payload);
                    take(payload);
                }
            } catch (failure const& e) {
                if (!stopping_)
                    run->fail(e.what());
            }
        });
    }
    channel_reader(channel_reader const&) = delete;
    channel_reader& operator=(channel_reader const&) = delete;
    ~channel_reader() {
        stopping_ = true;
        redis_.stop();
        thread_.join();
    }

private:
    hiredis redis_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

/// What C++ programs do without hubbub: hiredis, pipelined, a thread for each end.
class raw_redis {
public:
    raw_redis(hubbub::redis::options o, std::string const& topic)
        : options_(std::move(o)),
          channel_(options_.app.empty() ? topic : options_.app + ":" + topic) {}

    stream_result stream(workload const& w) const {
        auto const run = std::make_shared<watch>();
        gate ahead(w.window(), run);
        message_maker maker(w.payload);
        audience heard(w, run, [&ahead] { ahead.leave(); });
        auto const subscribers = heard.raw_subscribers();
        hiredis redis(options_);
        std::uint64_t number = 0;
        channel_reader const reader(options_, channel_, run, [&](std::string_view payload) {
            for (auto const& s : subscribers)
                s.function(s.context, payload);
        });
        cpu_clock const cpu;
        std::uint64_t unanswered = 0;
        auto const leave_unanswered = [&](std::uint64_t most) {
            for (; unanswered > most; --unanswered)
                redis.get();
        };
        for (pace p(w); p.goes_on();) {
            ahead.enter();
            for (auto const end = number + w.chunk(); number < end; ++number)
                redis.append({"PUBLISH", channel_, maker.make(number)});
            redis.flush();
            unanswered += w.chunk();
            leave_unanswered((w.window() - 1) * w.chunk());
        }
        leave_unanswered(0);
        ahead.wait_until_empty();
        return result_of(heard, number, cpu);
    }

    round_trips ping_pong(workload const& w) const {
        auto const run = std::make_shared<watch>();
        trips meter(w);
        auto const ping = channel_ + "/ping";
        auto const pong = channel_ + "/pong";
        hiredis there(options_);
        hiredis here(options_);
        hiredis back(options_);
        back.command({"SUBSCRIBE", pong});
        channel_reader const echo(options_, ping, run, [&](std::string_view payload) {
            there.command({"PUBLISH", pong, payload});
        });
        while (meter.goes_on()) {
            run->check();
            here.append({"PUBLISH", ping, meter.depart()});
            here.flush();
            std::string_view payload;
            auto const message = back.message(payload);
            if (auto const wrong = meter.arrive(payload); !wrong.empty())
                throw failure(wrong);
            here.get();
        }
        return meter.take();
    }

private:
    hubbub::redis::options options_;
    std::string channel_;
};

inline subject raw_redis_subject(std::string name, hubbub::redis::options const& o,
                                 std::string const& topic) {
    raw_redis const raw(o, topic);
    return {std::move(name),
            {},
            [raw](workload const& w) { return raw.stream(w); },
            [raw](workload const& w) { return raw.ping_pong(w); }};
}

} // namespace bench
