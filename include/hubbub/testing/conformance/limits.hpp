// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/conformance/order.hpp>
#include <hubbub/testing/stage.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hubbub::testing {

namespace detail {

/// Inside a sink of one server publishes until that is refused, and sees that what was accepted
/// arrives, in order, and no more. Returns how much that was.
template <transport Transport>
std::size_t fill_queue(stage<Transport>& s, server<Transport>& a, server<Transport>& b,
                       std::string_view filling) {
    constexpr std::size_t far_too_many = 10000;
    recorder seen;
    std::size_t accepted = 0;
    std::error_code refusal;
    auto const go = s.listen(a, "go", [&](std::string const&) {
        while (!refusal && accepted < far_too_many) {
            refusal = a.bus().publish("t", std::to_string(accepted) + std::string(filling));
            accepted += refusal ? 0 : 1;
        }
    });
    auto const made = s.listen(b, "t", seen.sink());
    s.flush(a, b);

    a.publish("go", "");
    s.run_until([&] { return !!refusal || accepted == far_too_many; }, "a refusal");
    require_equal(refusal, errc::queue_full, "the refusal");
    require(accepted > 0, "something is accepted before the queue is full");
    s.run_until([&] { return seen.count() >= accepted; }, "all that was accepted");
    s.flush(a, b); // which is accepted too: the queue has drained

    auto expected = numbered(accepted);
    for (auto& text : expected)
        text += filling;
    require_equal(seen.seen(), expected, "messages");
    return accepted;
}

} // namespace detail

/// Nothing grows without a bound.
template <transport Transport>
void add_limit_cases(conformance_list<Transport>& cases) {
    cases.add("the limits of a transport are within those of its backplane", [](auto& s) {
        auto const& limits = s.add_server().bus().transport().limits();
        require(limits.max_name_bytes <= s.traits().max_name_bytes, "max_name_bytes");
        require(limits.max_payload_bytes <= s.traits().max_payload_bytes, "max_payload_bytes");
    });

    cases.add("a publish beyond the limit in messages is refused at once", [](auto& s) {
        auto& a = s.add_server({.max_queue_messages = 16});
        auto& b = s.add_server();
        for (int round = 0; round < 3; ++round)
            require(detail::fill_queue(s, a, b, "") <= 16, "no more than the limit is queued");
        require_equal(a.bus().statistics().refused, 3U, "refused");
        require_equal(b.bus().statistics().dropped, 0U, "dropped");
    });

    cases.add("a publish beyond the limit in bytes is refused at once", [](auto& s) {
        auto& a = s.add_server({.max_queue_bytes = 1000});
        auto& b = s.add_server();
        std::string const filling(90, 'x');
        for (int round = 0; round < 3; ++round)
            require(detail::fill_queue(s, a, b, filling) <= 10, "no more than the limit is queued");
        require_equal(a.bus().statistics().refused, 3U, "refused");
        require_equal(b.bus().statistics().dropped, 0U, "dropped");
    });

    cases.add("async_publish tells that the queue is full", [](auto& s) {
        auto& a = s.add_server({.max_queue_messages = 4});
        auto& b = s.add_server();
        recorder seen;
        std::size_t confirmed = 0;
        std::size_t full = 0;
        std::size_t otherwise = 0;
        auto const made = s.listen(b, "t", seen.sink());
        auto const go = s.listen(a, "go", [&](std::string const&) {
            for (int i = 0; i < 20; ++i)
                a.bus().async_publish(
                    "t", std::to_string(i), [&](std::error_code error, receiver_count) {
                        ++(!error ? confirmed : error == errc::queue_full ? full : otherwise);
                    });
        });
        a.publish("go", "");
        s.run_until([&] { return confirmed + full + otherwise >= 20; }, "20 handlers");
        s.flush(a, b);
        require_equal(otherwise, 0U, "other errors");
        require(confirmed >= 1 && confirmed <= 4, "as many are accepted as the limit says");
        require_equal(seen.count(), confirmed, "messages");
        require_equal(seen.seen(), detail::numbered(confirmed), "messages");
    });

    cases.add(
        "a message is counted as it says: not at all, or not while it finds no room", [](auto& s) {
            auto& a = s.add_server({.max_queue_messages = 4});
            auto& b = s.add_server();
            recorder seen;
            std::size_t accepted = 0;
            std::size_t answered = 0;
            std::error_code refusals[2];
            auto const publish = [&](accounting counted) {
                return a.transport().publish(
                    {"t", "text", {}, counted},
                    {s.io().get_executor(), [&](std::error_code, receiver_count) { ++answered; }});
            };
            auto const made = s.listen(b, "t", seen.sink());
            require_equal(publish(accounting::none), std::error_code{}, "one uncounted");
            s.run_until([&] { return answered == 1; }, "its answer");
            auto const go = s.listen(a, "go", [&](std::string const&) {
                while (!refusals[0]) {
                    refusals[0] = publish(accounting::attempt);
                    accepted += refusals[0] ? 0 : 1;
                }
                refusals[1] = publish(accounting::none);
            });
            a.publish("go", "");
            s.run_until([&] { return answered >= 1 + accepted + 2 && refusals[1]; },
                        "an answer to each");
            s.flush(a, b);
            for (auto const refusal : refusals)
                require_equal(refusal, errc::queue_full, "the refusal");
            require(accepted > 0, "something is accepted before the queue is full");
            require_equal(seen.count(), 1 + accepted, "messages");
            auto const n = a.bus().statistics();
            require_equal(n.published, 2 + accepted, "published, with that to go and the flush");
            require_equal(n.confirmed, n.published, "confirmed");
            require_equal(n.refused, 0U, "refused");
            require_equal(n.published_bytes, 4 * accepted, "published_bytes");
        });
}

} // namespace hubbub::testing
