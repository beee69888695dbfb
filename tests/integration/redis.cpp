// SPDX-License-Identifier: MIT
// What Redis and its other clients see of hubbub, and what Redis refuses.
#include <hubbub/flow/glob.hpp>

#include <support/redis_peer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

namespace redis_test {

namespace {

using namespace std::chrono_literals;
using hubbub::link_state;
using hubbub::pattern;
using hubbub::redis_errc;
using hubbub::testing::run_until;
using texts = std::vector<std::string>;

/// A number in one of the sections of INFO; zero if it is not there.
long info(redis_server const& server, std::string const& section, std::string const& before) {
    auto const text = server.command("INFO", section);
    auto const at = text.find(before);
    return at == std::string::npos ? 0 : std::stol(text.substr(at + before.size()));
}

/// What a server that does not let a peer in makes of it.
void check_that_it_gives_up(redis_server const& server, hubbub::redis::options const& o,
                            std::error_code expected) {
    constexpr auto accepted = "total_connections_received:";
    asio::io_context io;
    auto const before = info(server, "stats", accepted);
    redis_peer a(io, o);
    std::vector<std::error_code> subscribed;
    auto const on_subscribed = [&](std::error_code error, hubbub::subscription const& made) {
        CHECK(!made);
        subscribed.push_back(error);
    };
    a.bus.async_subscribe<std::string>("t", a.sink(), on_subscribed);
    a.bus.async_publish("t", "x", a.on_published());
    CHECK(!a.bus.publish("t", "y"));
    CHECK_NOTHROW(hubbub::testing::run_out(io)); // so it has no timer for another attempt

    CHECK(a.failed == std::vector{expected});
    CHECK(a.retried.empty());
    CHECK(a.bus.state() == link_state::failed);
    CHECK(subscribed == std::vector{expected});
    CHECK(a.published == std::vector{expected});
    CHECK(a.bus.statistics().discarded == 2);
    auto const attempts = info(server, "stats", accepted) - before - 1; // one asked
    CHECK(attempts >= 1);
    CHECK(attempts <= 2);

    CHECK(a.bus.publish("t", "z") == expected);
    std::error_code refused;
    CHECK(!a.bus.subscribe<std::string>("t", a.sink(), refused));
    CHECK(refused == expected);
    a.bus.async_subscribe<std::string>("t", a.sink(), on_subscribed);
    a.bus.async_publish("t", "x", a.on_published());
    hubbub::testing::run_out(io);
    CHECK(subscribed == std::vector{expected, expected});
    CHECK(a.published == std::vector{expected, expected});
    a.transport.close();
    CHECK(a.bus.state() == link_state::closed);
    hubbub::testing::run_out(io);
}

void check_that_it_works(redis_server const& server, hubbub::redis::options const& o) {
    CAPTURE(server.port());
    asio::io_context io;
    redis_peer a(io, o);
    a.listen("t");
    a.run_until_heard("t", "heard");
    CHECK(a.failed.empty());
}

} // namespace

TEST_CASE("a password is needed, and must be the right one") {
    redis_server const server(redis_server::listens::on_port, {"--requirepass", "secret"});
    auto o = options_for(server);
    check_that_it_gives_up(server, o, redis_errc::authentication_required);
    o.password = "wrong";
    check_that_it_gives_up(server, o, redis_errc::authentication_failed);
    o.password = "secret";
    check_that_it_works(server, o);
    o.user = "default";
    check_that_it_works(server, o);
}

TEST_CASE("a password for a Redis that has none is wrong") {
    redis_server const server;
    auto o = options_for(server);
    o.password = "secret";
    check_that_it_gives_up(server, o, redis_errc::authentication_failed);
}

TEST_CASE("an ACL user is let in by name and password") {
    redis_server const server;
    server.command("ACL", "SETUSER", "ada", "on", ">love lace", "~*", "&*", "+@all");
    server.command("ACL", "SETUSER", "off", "off", ">secret", "~*", "&*", "+@all");
    auto o = options_for(server);
    o.user = "ada";
    o.password = "love lace";
    check_that_it_works(server, o);
    o.password = "secret";
    check_that_it_gives_up(server, o, redis_errc::authentication_failed);
    o.user = "bob";
    check_that_it_gives_up(server, o, redis_errc::authentication_failed);
    o.user = "off";
    check_that_it_gives_up(server, o, redis_errc::authentication_failed);
    o = hubbub::redis::parse_url(
        "redis://ada:love%20lace@127.0.0.1:" + std::to_string(server.port()) + "/0?app=Chat");
    check_that_it_works(server, o);
}

TEST_CASE("a user who may publish and subscribe needs no other permission") {
    redis_server const server;
    server.command("ACL", "SETUSER", "ada", "on", ">secret", "resetchannels", "&Chat:*", "-@all",
                   "+subscribe", "+psubscribe", "+unsubscribe", "+punsubscribe", "+publish");
    auto o = options_for(server, "Chat");
    o.user = "ada";
    o.password = "secret";
    check_that_it_works(server, o);
}

TEST_CASE("what the ACL user may not use is refused, and nothing else") {
    redis_server const server;
    std::string app;
    SUBCASE("of a plain app") {
        app = "Chat";
    }
    SUBCASE("of an app whose name has a dash") {
        app = "my-app";
    }
    server.command("ACL", "SETUSER", "ada", "on", ">secret", "resetchannels", "&" + app + ":open*",
                   "+@all");
    asio::io_context io;
    auto o = options_for(server, app);
    o.user = "ada";
    o.password = "secret";
    redis_peer a(io, o);

    // All of them wait for the link, and go out in one batch.
    std::vector<std::pair<std::string, std::error_code>> results;
    for (std::string const topic : {"open 1", "closed 1", "open 2", "closed 2", "open 3"})
        a.bus.async_subscribe<std::string>(
            topic, a.sink(), [&, topic](std::error_code error, hubbub::subscription made) {
                CHECK(static_cast<bool>(made) == !error);
                a.subscriptions.push_back(std::move(made));
                results.emplace_back(topic, error);
            });
    for (std::string const glob : {"open*", "closed*"})
        a.bus.async_subscribe<std::string>(
            pattern{glob}, a.sink(), [&, glob](std::error_code error, hubbub::subscription made) {
                CHECK(static_cast<bool>(made) == !error);
                a.subscriptions.push_back(std::move(made));
                results.emplace_back(glob, error);
            });
    a.run_until([&] { return results.size() == 7; }, "seven results");
    for (auto const& [topic, error] : results) {
        CAPTURE(topic);
        if (topic.starts_with("open"))
            CHECK(!error);
        else
            CHECK(error == redis_errc::permission_denied);
    }
    a.run_until_whole();
    std::sort(a.subscriptions_refused.begin(), a.subscriptions_refused.end());
    auto const why = ": " + make_error_code(redis_errc::permission_denied).message();
    CHECK(a.subscriptions_refused == texts{"closed 1" + why, "closed 2" + why, "closed*" + why});

    a.bus.async_publish("closed 1", "x", a.on_published());
    a.bus.async_publish("open 1", "1", a.on_published());
    (void)a.bus.publish("closed 2", "x");
    a.bus.async_publish("open 2", "2", a.on_published());
    a.run_until([&] { return a.published.size() == 3 && a.received.size() == 4; }, "the rest");
    CHECK(a.published == std::vector<std::error_code>{redis_errc::permission_denied, {}, {}});
    CHECK(a.received == texts{"1", "1", "2", "2"}); // by topic and by pattern
    CHECK(a.publishes_refused == std::vector<std::error_code>(2, redis_errc::permission_denied));
    CHECK(a.bus.statistics().refused == 2);
    CHECK(a.bus.statistics().confirmed == 2);
    CHECK(a.lost.empty());

    // A subscription that was made without async_ is told of by the event alone.
    a.subscriptions_refused.clear();
    auto made = a.bus.subscribe<std::string>("closed 3", a.sink());
    a.run_until([&] { return a.subscriptions_refused.size() == 1; }, "the event");
    made.reset();

    server.command("ACL", "SETUSER", "ada", "&" + app + ":closed*");
    a.listen("closed 1");
    a.run_until_heard("closed 1", "open at last");
}

TEST_CASE("an app's channels are its own") {
    redis_server const server;
    asio::io_context io;
    redis_peer chat(io, options_for(server, "Chat"));
    redis_peer games(io, options_for(server, "Games"));
    redis_peer none(io, options_for(server));
    for (auto* peer : {&chat, &games, &none})
        peer->listen("room.42");
    none.listen("Chat:room.42");
    chat.listen(pattern{"*.42"});

    auto channels = server.connect().list({"PUBSUB", "CHANNELS"});
    std::sort(channels.begin(), channels.end());
    CHECK(channels == texts{"Chat:room.42", "Games:room.42", "room.42"});

    auto third_party = server.connect();
    third_party.command({"SUBSCRIBE", "Chat:room.42"});
    CHECK(!chat.bus.publish("room.42", "{\"user\":\"ada\"}"));
    run_until(io, [&] { return chat.received.size() == 2 && !none.received.empty(); }, "messages");
    CHECK(third_party.read() == "message\nChat:room.42\n{\"user\":\"ada\"}");
    CHECK(games.received.empty());
    CHECK(none.received == texts{"{\"user\":\"ada\"}"});

    CHECK(server.command("PUBLISH", "Chat:room.42", "from redis-cli") == "4");
    run_until(io, [&] { return chat.received.size() == 4; }, "a third party's message");
    CHECK(chat.received.back() == "from redis-cli");
    CHECK(games.received.empty());
}

TEST_CASE("an app may be called as it likes") {
    redis_server const server;
    for (std::string const app :
         {"a*b", "[x]", "back\\slash", "with space", "my-app", "a:b", "é"}) {
        CAPTURE(app);
        asio::io_context io;
        redis_peer a(io, options_for(server, app));
        a.listen("t");
        a.listen(pattern{"[t-u]"});
        server.command("PUBLISH", "axb:t", "not for us");
        server.command("PUBLISH", "x:t", "not for us");
        CHECK(server.command("PUBLISH", app + ":u", "by pattern") == "1");
        CHECK(server.command("PUBLISH", app + ":t", "by both") == "2");
        a.run_until([&] { return a.received.size() >= 3; }, "three messages");
        CHECK(a.received == texts{"by pattern", "by both", "by both"});
    }
}

TEST_CASE("a server has two connections, which call themselves as they were told") {
    redis_server const server;
    asio::io_context io;
    auto o = options_for(server);
    o.client_name = "chat-7";
    redis_peer a(io, o);
    a.listen("t");
    auto const clients = server.command("CLIENT", "LIST");
    std::size_t named = 0;
    std::size_t subscribed = 0;
    for (std::size_t at = 0; (at = clients.find("name=chat-7 ", at)) != std::string::npos; ++at) {
        ++named;
        auto const line = clients.substr(at, clients.find('\n', at) - at);
        subscribed += line.find(" sub=1 ") != std::string::npos ? 1 : 0;
    }
    CHECK(named == 2);
    CHECK(subscribed == 1);
}

TEST_CASE("topics are subscribed to in batches, and once for all sinks") {
    redis_server const server;
    asio::io_context io;
    redis_peer a(io, options_for(server));
    constexpr std::size_t count = 3000;
    std::size_t active = 0;
    for (std::size_t i = 0; i < count; ++i)
        for (int sinks = 0; sinks < 2; ++sinks)
            a.bus.async_subscribe<std::string>(
                std::to_string(i), a.sink(), [&](std::error_code error, hubbub::subscription made) {
                    CHECK(!error);
                    ++active;
                    a.subscriptions.push_back(std::move(made));
                });
    a.run_until([&] { return active == 2 * count; }, "all subscriptions");
    CHECK(info(server, "commandstats", "cmdstat_subscribe:calls=") == 6); // of up to 512 names
    CHECK(server.connect().list({"PUBSUB", "CHANNELS"}).size() == count);
    a.subscriptions.clear();
    a.run_until([&] { return server.connect().list({"PUBSUB", "CHANNELS"}).empty(); },
                "all channels to be left");
    CHECK(a.lost.empty());
}

TEST_CASE("a channel that nobody wants any more is kept as long as it lingers") {
    redis_server const server;
    auto const subscribers = [&] { return server.command("PUBSUB", "NUMSUB", "t"); };
    asio::io_context io;
    auto o = options_for(server);
    {
        o.unsubscribe_linger = 20ms;
        redis_peer brief(io, o);
        brief.listen("t");
        brief.listen("other");
        CHECK(subscribers() == "t\n1");
        brief.subscriptions.erase(brief.subscriptions.begin());
        brief.run_until([&] { return subscribers() == "t\n0"; }, "the channel to be left");
        CHECK(server.command("PUBSUB", "NUMSUB", "other") == "other\n1");
    }
    run_until(
        io, [&] { return server.command("PUBSUB", "NUMSUB", "other") == "other\n0"; },
        "the first peer to leave");

    o.unsubscribe_linger = 1h;
    redis_peer lingering(io, o);
    lingering.listen("t");
    auto const calls = info(server, "commandstats", "cmdstat_subscribe:calls=");
    for (int i = 0; i < 10; ++i) {
        lingering.subscriptions.clear();
        server.command("PUBLISH", "t", "for nobody");
        lingering.listen("t");
        lingering.run_until_heard("t", "for somebody " + std::to_string(i));
    }
    lingering.subscriptions.clear();
    CHECK(subscribers() == "t\n1");
    CHECK(info(server, "commandstats", "cmdstat_subscribe:calls=") == calls);
}

TEST_CASE("glob_match and Redis agree on patterns made at random") {
    redis_server const server;
    auto client = server.connect();
    std::minstd_rand random(1);
    auto const any = [&](std::size_t most) {
        constexpr std::string_view alphabet = "ab*?[]^-\\";
        std::string text;
        for (auto left = random() % (most + 1); left > 0; --left)
            text += alphabet[random() % alphabet.size()];
        return text;
    };
    std::set<std::string> topics;
    while (topics.size() < 300)
        topics.insert(any(6));
    topics.erase("");
    for (auto const& topic : topics)
        client.command({"SET", topic, ""});

    std::size_t matches = 0;
    for (int i = 0; i < 2000; ++i) {
        auto const glob = any(8);
        auto const found = client.list({"KEYS", glob});
        std::set<std::string> const redis(found.begin(), found.end());
        std::set<std::string> ours;
        for (auto const& topic : topics)
            if (hubbub::detail::glob_match(glob, topic))
                ours.insert(topic);
        matches += ours.size();
        texts differing;
        std::set_symmetric_difference(redis.begin(), redis.end(), ours.begin(), ours.end(),
                                      std::back_inserter(differing));
        CAPTURE(glob);
        CHECK(differing == texts{});
    }
    CHECK(matches > 1000); // it was no test of nothing
}

TEST_CASE("the longest time there is means never") {
    redis_server const server;
    asio::io_context io;
    auto o = options_for(server);
    for (auto* const time :
         {&o.connect_timeout, &o.ping_interval, &o.response_timeout, &o.probe_interval,
          &o.reconnect_base, &o.reconnect_cap, &o.unsubscribe_linger})
        *time = std::chrono::milliseconds::max();
    redis_peer a(io, o);
    a.listen("t");
    for (auto const* const text : {"1", "2", "3"})
        a.run_until_heard("t", text);
    CHECK(a.retried.empty());
    CHECK(a.lost.empty());
    // That of each greeting, and the one that found the server up.
    auto const pings = server.command("INFO", "commandstats");
    CHECK(pings.find("cmdstat_ping:calls=3,") != std::string::npos);
}

TEST_CASE("options that cannot work are refused at once, by name") {
    asio::io_context io;
    auto const refused = [&](auto change, char const* name) {
        hubbub::redis::options o;
        change(o);
        CHECK_THROWS_WITH_AS(hubbub::redis_transport(io.get_executor(), o), doctest::Contains(name),
                             std::invalid_argument);
    };
    refused([](auto& o) { o.connect_timeout = 0ms; }, "connect_timeout");
    refused([](auto& o) { o.ping_interval = -1ms; }, "ping_interval");
    refused([](auto& o) { o.response_timeout = 0ms; }, "response_timeout");
    refused([](auto& o) { o.reconnect_base = 0ms; }, "reconnect_base");
    refused([](auto& o) { o.reconnect_cap = 0ms; }, "reconnect_cap");
    refused([](auto& o) { o.probe_interval = -1ms; }, "probe_interval");
    refused([](auto& o) { o.gives_up_on = nullptr; }, "gives_up_on");
    refused([](auto& o) { o.replies.max_elements = 3; }, "replies.max_elements");
    refused([](auto& o) { o.client_name = "a b"; }, "client_name");
    refused([](auto& o) { o.user = "ada"; }, "user");
    refused([](auto& o) { o.unix_socket = std::string(200, '/'); }, "unix_socket");
}

} // namespace redis_test
