// SPDX-License-Identifier: MIT
// A transport over a stream of the test's own, of which the n-th operation fails, for every n.
#include <hubbub/redis/core.hpp>
#include <hubbub/redis/stream.hpp>
#include <hubbub/transport/redis.hpp>

#include "support/fake_redis.hpp"
#include "support/redis_peer.hpp"

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace connection_faults_test {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::redis::link_handler;

namespace {

class stream;

/// Where all streams lead: a Redis, and the fault that is to be.
struct world {
    world() { current = this; }
    world(world const&) = delete;
    world& operator=(world const&) = delete;
    ~world() { current = nullptr; }

    /// Begins an operation. True if it is the one.
    bool is_the_one() {
        if (++operations != which)
            return false;
        if (instead)
            instead();
        return !instead;
    }

    static inline world* current = nullptr;

    std::set<stream*> streams;
    int connects = 0;
    int operations = 0;            // so far, of all streams
    int which = 0;                 // fails
    std::error_code error;         // with this; without one it never ends by itself
    std::function<void()> instead; // what happens then, if it is not to fail
};

/// Connects, reads and writes in memory.
class stream final : public hubbub::redis::stream {
public:
    explicit stream(hubbub::detail::strand executor)
        : executor_(std::move(executor)), world_(world::current) {
        world_->streams.insert(this);
    }
    ~stream() override { world_->streams.erase(this); }

    void async_connect(std::vector<endpoint> /*endpoints*/, link_handler done) override {
        ++world_->connects;
        if (world_->is_the_one())
            return fail(std::move(done));
        end(std::move(done), {}, 0);
    }

    void settle() noexcept override {}

    void async_read_some(asio::mutable_buffer buffer, link_handler done) override {
        REQUIRE(!reader_); // one at a time
        if (world_->is_the_one())
            return fail(std::move(done));
        reader_ = std::move(done);
        buffer_ = buffer;
        hand_over();
    }

    void async_write_some(asio::const_buffer buffer, link_handler done) override {
        if (world_->is_the_one())
            return fail(std::move(done));
        end(std::move(done), {}, buffer.size());
        for (auto const& command :
             support::parse_commands({static_cast<char const*>(buffer.data()), buffer.size()}))
            execute(command);
    }

    void close() override {
        incoming_.clear();
        channels_.clear();
        if (reader_)
            hung_.push_back(std::exchange(reader_, nullptr));
        for (auto& done : std::exchange(hung_, {}))
            end(std::move(done), asio::error::operation_aborted, 0);
    }

    std::error_code reason(std::error_code error) noexcept override {
        return error == asio::error::eof ? errc::disconnected : error;
    }

private:
    using operation = std::function<void(std::error_code, std::size_t)>;

    void end(operation done, std::error_code error, std::size_t n) {
        asio::post(executor_, [done = std::move(done), error, n] { done(error, n); });
    }

    void fail(operation done) {
        if (world_->error)
            end(std::move(done), world_->error, 0);
        else
            hung_.push_back(std::move(done));
    }

    void hand_over() {
        if (!reader_ || incoming_.empty())
            return;
        auto const n = std::min(incoming_.size(), buffer_.size());
        std::memcpy(buffer_.data(), incoming_.data(), n);
        incoming_.erase(0, n);
        end(std::exchange(reader_, nullptr), {}, n);
    }

    void say(std::string const& text) {
        incoming_ += text;
        hand_over();
    }

    static std::string bulk(std::string const& text) {
        return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
    }

    void execute(std::vector<std::string> const& command) {
        auto const& verb = command.at(0);
        if (verb == "PING" || verb == "ping")
            return say(channels_.empty() ? "+PONG\r\n" : "*2\r\n" + bulk("pong") + bulk(""));
        if (verb == "INFO")
            return say(bulk("# " + command.at(1) + "\r\nrun_id:1\r\n"));
        if (verb == "CLIENT")
            return say("+OK\r\n");
        if (verb == "PUBLISH") {
            std::size_t receivers = 0;
            for (auto* const s : world_->streams)
                if (s->channels_.contains(command.at(1))) {
                    ++receivers;
                    s->say("*3\r\n" + bulk("message") + bulk(command[1]) + bulk(command.at(2)));
                }
            return say(":" + std::to_string(receivers) + "\r\n");
        }
        REQUIRE(verb == "subscribe");
        for (std::size_t i = 1; i < command.size(); ++i) {
            channels_.insert(command[i]);
            say("*3\r\n" + bulk(verb) + bulk(command[i]) + ":" + std::to_string(channels_.size()) +
                "\r\n");
        }
    }

    hubbub::detail::strand executor_;
    world* world_;
    std::string incoming_;
    std::set<std::string> channels_;
    operation reader_; // waits for something to come
    asio::mutable_buffer buffer_;
    std::vector<operation> hung_; // end when it is closed
};

hubbub::redis::stream_maker streams_in_memory(hubbub::redis::options const& /*o*/) {
    return
        [](hubbub::detail::strand const& executor) { return std::make_unique<stream>(executor); };
}

struct transport_in_memory : hubbub::basic_redis_transport {
    transport_in_memory(asio::any_io_executor const& executor, hubbub::redis::options const& o)
        : basic_redis_transport(hubbub::detail::redis_core::open(executor, o, streams_in_memory)) {}
};

using peer = basic_redis_peer<transport_in_memory>;

hubbub::redis::options settings() {
    hubbub::redis::options o;
    o.unix_socket = "in memory"; // no name to resolve
    o.reconnect_base = o.reconnect_cap = 1ms;
    o.unsubscribe_linger = 1h;
    o.probe_interval = 0ms;
    return o;
}

/// Connects, subscribes, publishes and hears what was published.
void use(peer& p) {
    p.listen("t");
    p.bus.async_publish("t", std::string("once"), p.on_published());
    p.run_until([&] { return !p.published.empty(); }, "an answer");
    p.run_until_heard("t", "heard");
}

/// How many operations that takes.
int operations_of_a_day_without_faults() {
    world w;
    asio::io_context io;
    {
        peer p(io, settings());
        use(p);
        CHECK(p.retried.empty());
        CHECK(p.lost.empty());
    }
    hubbub::testing::run_out(io);
    CHECK(w.streams.empty());
    return w.operations;
}

} // namespace

TEST_CASE("whichever operation of a connection fails, another is made, the reason is told, and the "
          "link is whole in the end") {
    auto const all = operations_of_a_day_without_faults();
    REQUIRE(all > 10);
    std::error_code const silence;
    int told = 0;
    for (std::error_code const error :
         {std::make_error_code(std::errc::connection_reset),
          std::error_code(asio::error::eof), // of reads; of others as good as any
          silence})
        for (int n = 1; n <= all; ++n) {
            CAPTURE(error.message());
            CAPTURE(n);
            world w;
            w.which = n;
            w.error = error;
            auto o = settings();
            if (error == silence)
                o.connect_timeout = o.response_timeout = o.ping_interval = 50ms;
            asio::io_context io;
            {
                peer p(io, o);
                use(p);
                // What fails last fails when all has been heard.
                p.run_until([&] { return w.connects > 2; }, "another attempt");
                p.run_until([&] { return p.bus.state() == hubbub::link_state::whole; }, "whole");
                p.run_until_heard("t", "after all");
                auto const s = p.bus.statistics();
                CHECK(s.published == s.confirmed + s.unknown);
                CHECK(p.unknown == s.unknown);
                CHECK(p.failed.empty());
                // One story for two links: the publishing one's alone is none before both were up.
                std::error_code const reason = error == silence ? make_error_code(errc::timed_out)
                                               : error == asio::error::eof
                                                   ? make_error_code(errc::disconnected)
                                                   : error;
                for (auto const* const said : {&p.retried, &p.lost})
                    for (auto const& r : *said)
                        CHECK(r == reason);
                told += p.retried.empty() && p.lost.empty() ? 0 : 1;
            }
            hubbub::testing::run_out(io);
            CHECK(w.streams.empty());
        }
    CHECK(told > all); // of three times as many failures
}

TEST_CASE("at whichever operation a transport is closed, all that it had begun ends") {
    auto const all = operations_of_a_day_without_faults();
    for (int n = 1; n <= all; ++n) {
        CAPTURE(n);
        world w;
        w.which = n;
        auto o = settings();
        o.ping_interval = 10ms; // so that there is an n-th operation
        asio::io_context io;
        {
            peer p(io, o);
            w.instead = [&] { asio::post(io, [&p] { p.transport.close(); }); };
            std::vector<std::error_code> subscribed;
            p.bus.async_subscribe<std::string>(
                "t", p.sink(), [&](std::error_code error, hubbub::subscription made) {
                    p.subscriptions.push_back(std::move(made));
                    subscribed.push_back(error);
                });
            p.bus.async_publish("t", std::string("once"), p.on_published());
            p.run_until([&] { return p.published.size() + subscribed.size() == 2; }, "all ends");
            p.run_until([&] { return p.bus.state() == hubbub::link_state::closed; }, "closed");
            CHECK(p.lost.empty());
            CHECK(p.retried.empty());
            CHECK(p.failed.empty());
        }
        hubbub::testing::run_out(io);
        CHECK(w.streams.empty());
    }
}

} // namespace connection_faults_test
