// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/faulty.hpp>
#include <hubbub/testing/virtual_time.hpp>
#include <hubbub/transport/local.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Two servers that number their messages, whose links may be cut.
struct two_servers {
    using link = hubbub::testing::faulty<hubbub::local_transport>;
    using numbered_link = hubbub::sequenced<link>;
    using bus_type = hubbub::bus<numbered_link, hubbub::text_serializer>;

    explicit two_servers(hubbub::local_options const& of_receiver = {},
                         hubbub::testing::faults const& of_links = {})
        : below_receiver{io.get_executor(), broker, of_receiver},
          sender_link{below_sender, of_links}, receiver_link{below_receiver, of_links} {}

    void publish(std::string_view text) { CHECK(!sending.publish("t", text)); }

    /// Until the receiver has settled, and has got the first message.
    void begin() {
        time.run_for(std::chrono::seconds(2));
        publish("1");
        time.run_for(std::chrono::seconds(1));
    }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker broker;
    hubbub::local_transport below_sender{io.get_executor(), broker};
    hubbub::local_transport below_receiver;
    link sender_link;
    link receiver_link;
    numbered_link sender{sender_link};
    numbered_link receiver{receiver_link};
    bus_type sending{sender};
    bus_type receiving{receiver};
    std::vector<std::string> gaps;
    std::vector<std::string> seen;
    hubbub::subscription subscribed = [this] {
        receiving.set_observer([this](hubbub::event const& e) {
            if (auto const* const g = std::get_if<hubbub::gap>(&e))
                gaps.push_back(std::to_string(g->first) + "-" + std::to_string(g->last));
        });
        return receiving.subscribe<std::string>("t", [this](auto const& m) { seen.push_back(m); });
    }();
};
