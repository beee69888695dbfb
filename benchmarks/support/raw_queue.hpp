// SPDX-License-Identifier: MIT
#pragma once

#include "audience.hpp"
#include "gate.hpp"
#include "subject.hpp"
#include "trips.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

/// The barest way to another thread: a mutex, and batches that are swapped out.
class batch_pipe {
public:
    void push(std::string_view payload) {
        std::lock_guard const lock(mutex_);
        waiting_.emplace_back(payload);
        if (waiting_.size() == 1)
            changed_.notify_one();
    }

    void close() {
        std::lock_guard const lock(mutex_);
        closed_ = true;
        changed_.notify_one();
    }

    /// Blocks until there is something; empty when closed.
    std::vector<std::string> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        return std::exchange(waiting_, {});
    }

private:
    std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::vector<std::string> waiting_;
    bool closed_ = false;
};

/// Calls take(payload) on a thread of its own for whatever comes through a pipe, until it is gone.
class pipe_reader {
public:
    template <class Take>
    pipe_reader(batch_pipe& pipe, Take take)
        : pipe_(&pipe), thread_([&pipe, take] {
              for (auto batch = pipe.take(); !batch.empty(); batch = pipe.take())
                  for (auto const& payload : batch)
                      take(payload);
          }) {}
    pipe_reader(pipe_reader const&) = delete;
    pipe_reader& operator=(pipe_reader const&) = delete;
    ~pipe_reader() {
        pipe_->close();
        thread_.join();
    }

private:
    batch_pipe* pipe_;
    std::thread thread_;
};

inline subject raw_queue(std::string name) {
    return {
        std::move(name),
        {},
        [](workload const& w) {
            auto const run = std::make_shared<watch>();
            gate ahead(w.window(), run);
            message_maker maker(w.payload);
            audience heard(w, run, [&ahead] { ahead.leave(); });
            auto const subscribers = heard.raw_subscribers();
            batch_pipe pipe;
            cpu_clock const cpu;
            std::uint64_t number = 0;
            {
                pipe_reader const reader(pipe, [&subscribers](std::string_view payload) {
                    for (auto const& s : subscribers)
                        s.function(s.context, payload);
                });
                for (pace p(w); p.goes_on();) {
                    ahead.enter();
                    for (auto const end = number + w.chunk(); number < end; ++number)
                        pipe.push(maker.make(number));
                }
                ahead.wait_until_empty();
            }
            return result_of(heard, number, cpu);
        },
        [](workload const& w) {
            trips meter(w);
            batch_pipe there;
            batch_pipe back;
            pipe_reader const echo(there,
                                   [&back](std::string_view payload) { back.push(payload); });
            while (meter.goes_on()) {
                there.push(meter.depart());
                if (auto const wrong = meter.arrive(back.take().front()); !wrong.empty())
                    throw failure(wrong);
                check_interruption();
            }
            return meter.take();
        },
    };
}

} // namespace bench
