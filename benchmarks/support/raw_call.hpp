// SPDX-License-Identifier: MIT
#pragma once

#include "audience.hpp"
#include "subject.hpp"
#include "trips.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// The barest delivery on one thread: a loop over {function, context} pairs.
inline subject raw_call(std::string name) {
    return {
        std::move(name),
        {},
        [](workload const& w) {
            auto const run = std::make_shared<watch>();
            message_maker maker(w.payload);
            audience heard(w, run, [] {});
            auto const subscribers = heard.raw_subscribers();
            cpu_clock const cpu;
            std::uint64_t number = 0;
            for (pace p(w); p.goes_on(); run->check())
                for (auto const end = number + w.chunk(); number < end; ++number)
                    for (auto const message = maker.make(number); auto const& s : subscribers)
                        s.function(s.context, message);
            return result_of(heard, number, cpu);
        },
        [](workload const& w) {
            struct {
                trips meter;
                std::vector<raw_subscriber> back;
                std::string wrong;
            } state{trips(w), {}, {}};
            state.back.push_back({[](void* context, std::string_view payload) {
                                      auto& s = *static_cast<decltype(state)*>(context);
                                      s.wrong = s.meter.arrive(payload);
                                  },
                                  &state});
            std::vector<raw_subscriber> const there{
                {[](void* context, std::string_view payload) {
                     for (auto const& s : static_cast<decltype(state)*>(context)->back)
                         s.function(s.context, payload);
                 },
                 &state}};
            while (state.meter.goes_on()) {
                for (auto const payload = state.meter.depart(); auto const& s : there)
                    s.function(s.context, payload);
                if (!state.wrong.empty())
                    throw failure(state.wrong);
                check_interruption();
            }
            return state.meter.take();
        },
    };
}

} // namespace bench
