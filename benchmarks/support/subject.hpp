// SPDX-License-Identifier: MIT
#pragma once

#include "ping_pong.hpp"
#include "result.hpp"
#include "servers.hpp"
#include "stream.hpp"
#include "workload.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace bench {

/// A way to carry messages. All are measured alike.
struct subject {
    std::string name;
    /// The subject that does the same by the barest means; empty if this is one.
    std::string baseline;
    /// Many messages, one way.
    std::function<stream_result(workload const&)> stream;
    /// One message at a time, there and back.
    std::function<round_trips(workload const&)> ping_pong;
};

/// hubbub, on any transport: make(executor) returns one.
template <class Transport, class Make>
subject bus_over(std::string name, std::string baseline, std::string topic, Make make) {
    using bus_type = typename servers<Transport>::bus_type;
    return {std::move(name), std::move(baseline),
            [=](workload const& w) {
                loop here, there;
                servers<Transport> s(here, there, make);
                return std::make_shared<stream<bus_type>>(s.left(), s.right(), topic, w)->run();
            },
            [=](workload const& w) {
                loop here, there;
                servers<Transport> s(here, there, make);
                return std::make_shared<ping_pong<bus_type>>(s.left(), s.right(), topic, w)->run();
            }};
}

} // namespace bench
