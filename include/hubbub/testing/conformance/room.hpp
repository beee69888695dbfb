// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/receiver.hpp>
#include <hubbub/testing/stage.hpp>
#include <hubbub/transport/drain.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::testing {

namespace detail {

/// Where an operation of a transport leaves its result.
struct room_result {
    completion<std::error_code> keep(asio::io_context& io) {
        return {io.get_executor(), [this](std::error_code error) { value = error; }};
    }
    std::optional<std::error_code> value;
};

/// Publishes a hundred messages at a server, begins a drain there, and checks that the drain
/// refuses what comes, and that all messages have come to seen.
template <class Stage, class Server, class Drain>
void check_drain(Stage& s, Server& at, recorder const& seen, Drain begin_drain) {
    std::vector<std::string> expected;
    for (int i = 0; i < 100; ++i) {
        expected.push_back(std::to_string(i));
        at.publish("t", expected.back());
    }
    std::optional<std::pair<std::error_code, std::uint64_t>> end;
    begin_drain([&](std::error_code error, std::uint64_t n) { end.emplace(error, n); });
    require_equal(at.bus().publish("t", "late"), errc::closed, "a late publish");
    s.run_until([&] { return end.has_value(); }, "the drain");
    require_equal(end->first, std::error_code{}, "result of async_drain");
    require_equal(end->second, std::uint64_t{0}, "undelivered");
    s.run_until([&] { return seen.count() == expected.size(); }, "the messages");
    require_equal(seen.seen(), expected, "messages");
}

} // namespace detail

/// Who waits for room gets it, and a transport that is drained hands over what it has.
template <transport Transport>
void add_room_cases(conformance_list<Transport>& cases) {
    cases.add("wait_for_room completes while there is room, and as closed after close",
              [](auto& s) {
                  auto server = s.make_transport();
                  detail::room_result room;
                  server.wait_for_room(100, room.keep(s.io()));
                  s.run_until([&] { return room.value.has_value(); }, "room");
                  require_equal(*room.value, std::error_code{}, "room in an empty queue");
                  server.close();
                  room.value.reset();
                  server.wait_for_room(100, room.keep(s.io()));
                  s.run_until([&] { return room.value.has_value(); }, "an answer");
                  require_equal(*room.value, errc::closed, "room in a closed transport");
              });

    cases.add("async_publish with patience loses nothing and keeps the order of a full queue",
              [](auto& s) {
                  auto& a = s.add_server({.max_queue_messages = 3});
                  auto& b = s.add_server();
                  recorder seen;
                  auto const made = s.listen(b, "t", seen.sink());
                  std::vector<std::string> expected;
                  std::size_t ended = 0;
                  for (int burst = 0; burst < 20; ++burst) {
                      // Three in the queue, and two that wait: the transport may have a message of
                      // its own in the queue, and then it is one more.
                      for (int i = 0; i < 5; ++i) {
                          expected.push_back(std::to_string(expected.size()));
                          a.bus().async_publish("t", expected.back(),
                                                wait_up_to{std::chrono::minutes(1)},
                                                [&](std::error_code error, receiver_count) {
                                                    require_equal(error, std::error_code{},
                                                                  "result of async_publish");
                                                    ++ended;
                                                });
                      }
                      s.run_until([&] { return ended == expected.size(); }, "the publishes");
                  }
                  s.run_until([&] { return seen.count() == expected.size(); }, "the messages");
                  require_equal(seen.seen(), expected, "messages");
                  require_equal(a.bus().statistics().refused, 0U, "refused");
              });

    cases.add(
        "a queued sink and a receiver are active when async_subscribe completes", [](auto& s) {
            auto& a = s.add_server();
            auto& b = s.add_server();
            recorder seen;
            subscription kept;
            receiver<std::string> inbox;
            int active = 0;
            b.bus().template async_subscribe<std::string>(
                "t", {}, seen.sink(), [&](std::error_code error, subscription made) {
                    require_equal(error, std::error_code{}, "result of async_subscribe");
                    kept = std::move(made);
                    ++active;
                });
            b.bus().template async_subscribe<std::string>(
                "t", {}, [&](std::error_code error, receiver<std::string> made) {
                    require_equal(error, std::error_code{}, "result of async_subscribe");
                    inbox = std::move(made);
                    ++active;
                });
            s.run_until([&] { return active == 2; }, "two subscriptions");
            std::string got;
            inbox.async_receive([&](std::error_code error, queued_message<std::string> m) {
                require_equal(error, std::error_code{}, "result of async_receive");
                got = m.message;
            });
            s.deliver(a, "t", "first");
            s.run_until([&] { return !got.empty() && seen.count() == 1; }, "the message");
            require_equal(got, std::string("first"), "message of the receiver");
            require_equal(seen.seen(), std::vector<std::string>{"first"}, "messages of the sink");
        });

    cases.add("a subscription that is cancelled is over, and says so", [](auto& s) {
        auto& a = s.add_server();
        recorder seen;
        std::optional<std::error_code> result;
        asio::cancellation_signal stop;
        a.bus().template async_subscribe<std::string>(
            "t", seen.sink(),
            asio::bind_cancellation_slot(stop.slot(),
                                         [&](std::error_code error, subscription made) {
                                             require(!error || !made, "nothing is given");
                                             result = error;
                                         }));
        stop.emit(asio::cancellation_type::total);
        s.run_until([&] { return result.has_value(); }, "async_subscribe");
        if (*result) // else it was active already, and nobody has kept it
            require_equal(*result, make_error_code(asio::error::operation_aborted),
                          "async_subscribe");
        s.deliver(a, "t", "late");
        s.flush(a, a);
        require_equal(seen.count(), 0U, "messages");
    });

    cases.add("a subscription that may be cancelled is refused as any other", [](auto& s) {
        auto& a = s.add_server();
        asio::cancellation_signal stop;
        std::vector<std::error_code> results;
        auto const subscribe = [&](topic_filter const& what) {
            results.clear();
            a.bus().template async_subscribe<std::string>(
                what, [](std::string const&) {},
                asio::bind_cancellation_slot(
                    stop.slot(), [&](std::error_code error, subscription made) {
                        require(!made || !error, "no subscription is given");
                        results.push_back(error);
                    }));
            s.run_until([&] { return !results.empty(); }, "async_subscribe");
            return results.front();
        };
        require_equal(subscribe(""), make_error_code(errc::empty_name), "async_subscribe");
        require_equal(subscribe("t"), std::error_code(), "async_subscribe");
        a.transport().close();
        require_equal(subscribe("t"), make_error_code(errc::closed), "async_subscribe");
        stop.emit(asio::cancellation_type::total); // of nobody
    });

    cases.add("a receiver gets the messages of its topic in the order published", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        auto inbox = b.bus().template subscribe<std::string>("t", {});
        recorder also;
        auto const made = s.listen(b, "t", also.sink());
        std::vector<std::string> got;
        for (int i = 0; i < 3; ++i) {
            s.deliver(a, "t", std::to_string(i));
            inbox.async_receive([&](std::error_code error, queued_message<std::string> r) {
                require_equal(error, std::error_code{}, "result of async_receive");
                got.push_back(r.topic + r.message);
            });
        }
        s.run_until([&] { return got.size() == 3; }, "three messages");
        require_equal(got, std::vector<std::string>{"t0", "t1", "t2"}, "messages");
        s.run_until([&] { return also.count() == 3; }, "the other sink");
    });

    cases.add("a drain of a bus hands over what was accepted, and leaves the others alone",
              [](auto& s) {
                  auto& b = s.add_server();
                  recorder seen;
                  auto const made = s.listen(b, "t", seen.sink());
                  auto& a = s.add_server();
                  s.flush(a, b);
                  detail::check_drain(s, a, seen, [&](auto done) {
                      a.bus().async_drain(std::chrono::minutes(1), std::move(done));
                  });
                  auto const before = seen.count();
                  hubbub::bus<Transport, text_serializer> other(a.transport());
                  require_equal(other.publish("t", "other"), std::error_code{}, "the other bus");
                  s.run_until([&] { return seen.count() == before + 1; }, "its message");
              });

    cases.add("a drain of a transport hands over what was accepted, refuses what comes, and closes",
              [](auto& s) {
                  auto& b = s.add_server();
                  recorder seen;
                  auto const made = s.listen(b, "t", seen.sink());
                  auto& a = s.add_server();
                  s.flush(a, b);
                  detail::check_drain(s, a, seen, [&](auto done) {
                      async_drain(a.transport(), std::chrono::minutes(1), std::move(done));
                  });
                  require(a.bus().state() == link_state::closed, "it is closed");
              });

    cases.add("a drain of a closed transport ends as closed", [](auto& s) {
        auto server = s.make_transport();
        server.close();
        detail::room_result end;
        server.drain(end.keep(s.io()));
        s.run_until([&] { return end.value.has_value(); }, "an answer");
        require_equal(*end.value, errc::closed, "result of drain");
    });
}

} // namespace hubbub::testing
