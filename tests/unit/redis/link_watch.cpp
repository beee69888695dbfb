// SPDX-License-Identifier: MIT
#include <hubbub/redis/link_watch.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace link_watch_test {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::link_state;
using hubbub::redis_errc;
using hubbub::detail::link_role;

namespace {

using story = std::vector<std::string>;

struct fixture {
    /// The events since it was asked last, in words.
    story take() { return std::exchange(told, {}); }

    void ready(link_role role) { watch.ready(role, now); }
    void retry(link_role role, std::error_code reason, unsigned attempt = 1,
               std::chrono::milliseconds wait = 0ms) {
        watch.retry(role, reason, attempt, wait, now);
    }
    void whole() {
        ready(link_role::publishing);
        ready(link_role::receiving);
        take();
    }

    hubbub::detail::observers listeners;
    hubbub::detail::publish_ledger ledger;
    hubbub::detail::link_watch watch{listeners, ledger};
    hubbub::redis::time_point now{1h};
    story told;
    std::shared_ptr<void> observation = listeners.add([this](hubbub::event const& e) {
        told.push_back(std::visit(
            hubbub::overloaded{
                [](hubbub::link_lost const& lost) { return "lost: " + lost.reason.message(); },
                [](hubbub::link_retry const& retry) {
                    return "retry " + std::to_string(retry.attempt) + " in " +
                           std::to_string(retry.wait.count()) + ": " + retry.reason.message();
                },
                [](hubbub::link_up const& w) {
                    return "whole after " + std::to_string(w.away.count());
                },
                [](hubbub::link_failed const& f) { return "failed: " + f.reason.message(); },
                [](auto const&) { return std::string("?"); }},
            e));
    });
};

std::string message(std::error_code e) {
    return e.message();
}

constexpr auto publishing = link_role::publishing;
constexpr auto receiving = link_role::receiving;

} // namespace

TEST_CASE("it is whole when both links are ready, in either order, and told once") {
    for (bool const swapped : {false, true}) {
        fixture f;
        CHECK(f.watch.state() == link_state::down);
        f.ready(swapped ? receiving : publishing);
        CHECK(f.take().empty());
        CHECK(f.watch.state() == link_state::down);
        f.now += 5s;
        f.ready(swapped ? publishing : receiving);
        CHECK(f.take() == story{"whole after 0"}); // nothing was lost before the first time
        CHECK(f.watch.state() == link_state::whole);
        f.ready(publishing);
        f.ready(receiving);
        CHECK(f.take().empty());
    }
}

TEST_CASE("the fall of one link is a loss, and its return makes it whole, after the time away") {
    for (auto const role : {publishing, receiving}) {
        fixture f;
        f.whole();
        f.now += 1h;
        f.retry(role, errc::disconnected);
        CHECK(f.watch.state() == link_state::down);
        CHECK(f.take() == story{"lost: " + message(errc::disconnected)});
        f.now += 1234ms;
        f.ready(role);
        CHECK(f.take() == story{"whole after 1234"});
        CHECK(f.watch.state() == link_state::whole);
        CHECK(f.ledger.read().link_losses == 1);
    }
}

TEST_CASE("two links that fall together are one loss, told once") {
    for (auto const& [first, second] :
         {std::pair(publishing, receiving), std::pair(receiving, publishing)}) {
        fixture f;
        f.whole();
        f.retry(first, errc::disconnected);
        f.now += 10ms;
        f.retry(second, errc::disconnected);
        CHECK(f.take() == story{"lost: " + message(errc::disconnected)});
        CHECK(f.ledger.read().link_losses == 1);
        f.now += 90ms;
        f.ready(first);
        CHECK(f.take().empty());
        f.ready(second);
        CHECK(f.take() == story{"whole after 100"}); // since the first of them fell
    }
}

TEST_CASE("failed attempts of both links are told as one story") {
    fixture f;
    f.whole();
    f.retry(publishing, errc::disconnected);
    f.retry(receiving, errc::disconnected);
    f.take();
    for (unsigned n = 2; n < 5; ++n) {
        f.retry(publishing, errc::timed_out, n, 7ms);
        f.retry(receiving, errc::timed_out, n, 9ms);
        CHECK(f.take() ==
              story{"retry " + std::to_string(n) + " in 9: " + message(errc::timed_out)});
    }
}

TEST_CASE("attempts are told before it was ever whole, whichever link has trouble") {
    fixture f;
    f.retry(publishing, redis_errc::server_loading, 1, 0ms);
    f.retry(receiving, redis_errc::server_loading, 1, 0ms);
    CHECK(f.take() == story{"retry 1 in 0: " + message(redis_errc::server_loading)});

    f.ready(receiving);
    f.retry(publishing, redis_errc::too_many_clients, 2, 5ms); // the only one with trouble now
    CHECK(f.take() == story{"retry 2 in 5: " + message(redis_errc::too_many_clients)});
    f.ready(publishing);
    CHECK(f.take() == story{"whole after 0"});
    CHECK(f.ledger.read().link_losses == 0);
}

TEST_CASE("losses one after another are each told, with their own time away") {
    fixture f;
    f.whole();
    for (int i = 1; i <= 3; ++i) {
        f.now += 1h;
        f.retry(receiving, errc::timed_out);
        f.now += std::chrono::milliseconds(i);
        f.ready(receiving);
        CHECK(f.take() ==
              story{"lost: " + message(errc::timed_out), "whole after " + std::to_string(i)});
    }
    CHECK(f.ledger.read().link_losses == 3);
}

TEST_CASE("giving up is told once, and nothing follows") {
    fixture f;
    f.whole();
    f.retry(receiving, errc::disconnected);
    f.take();
    CHECK(f.watch.fail(redis_errc::authentication_failed));
    CHECK(!f.watch.fail(redis_errc::authentication_failed));
    CHECK(f.take() == story{"failed: " + message(redis_errc::authentication_failed)});
    CHECK(f.watch.state() == link_state::failed);
    f.ready(publishing);
    f.ready(receiving);
    f.retry(receiving, errc::disconnected);
    CHECK(f.take().empty());
    CHECK(f.watch.state() == link_state::failed);
}

TEST_CASE("what was closed stays closed, and tells nothing") {
    for (bool const was_whole : {false, true}) {
        CAPTURE(was_whole);
        fixture f;
        if (was_whole)
            f.whole();
        CHECK(f.watch.close());
        CHECK(!f.watch.close());
        f.ready(publishing);
        f.ready(receiving);
        f.retry(publishing, errc::disconnected);
        f.retry(receiving, errc::disconnected);
        CHECK(!f.watch.fail(redis_errc::authentication_failed));
        CHECK(f.take().empty());
        CHECK(f.watch.state() == link_state::closed);
        CHECK(f.ledger.read().link_losses == 0);
    }
}

TEST_CASE("what has failed may be closed") {
    fixture f;
    f.watch.fail(redis_errc::authentication_failed);
    CHECK(f.watch.close());
    CHECK(f.watch.state() == link_state::closed);
}

TEST_CASE("state may be read, and close called, from any thread") {
    for (int i = 0; i < 200; ++i) {
        fixture f;
        f.whole();
        std::thread closer([&] {
            f.watch.state();
            f.watch.close();
        });
        f.retry(receiving, errc::disconnected);
        f.ready(receiving);
        f.watch.fail(redis_errc::authentication_failed);
        closer.join();
        CHECK(f.watch.state() == link_state::closed);
    }
}

TEST_CASE("a link that is closed or has failed is not down any longer") {
    for (bool const failed : {false, true}) {
        fixture f;
        f.now = hubbub::redis::clock::now(); // that of its end is the real one
        f.whole();
        f.retry(publishing, errc::disconnected);
        CHECK(f.ledger.read(f.now + 2h).time_down == 2h);
        failed ? f.watch.fail(redis_errc::authentication_failed) : f.watch.close();
        auto const end = f.ledger.read().time_down;
        CHECK(end < 1h);
        CHECK(f.ledger.read(f.now + 2h).time_down == end);
    }
}

TEST_CASE("whoever reads meanwhile, no outage is counted twice") {
    hubbub::detail::publish_ledger ledger;
    hubbub::redis::time_point const now{1h};
    std::atomic<bool> done = false;
    std::thread links([&] {
        for (int i = 0; i < 20'000; ++i) {
            ledger.link_fell(now - 1ms);
            ledger.link_returned(now);
        }
        done = true;
    });
    auto last = 0ms;
    bool grows = true;
    while (!done) {
        auto const down = ledger.read(now).time_down;
        grows = grows && down >= last;
        last = down;
    }
    links.join();
    CHECK(grows);
    CHECK(ledger.read(now).time_down == 20s);
}

} // namespace link_watch_test
