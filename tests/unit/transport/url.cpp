// SPDX-License-Identifier: MIT
#include <hubbub/transport/redis_options.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace url_test {

using hubbub::redis::options;
using hubbub::redis::parse_url;

namespace {

/// What parse_url says against a URL; empty if it takes it.
std::string complaint(std::string_view url) {
    try {
        parse_url(url);
        return {};
    } catch (std::invalid_argument const& e) {
        return e.what();
    }
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace

TEST_CASE("a URL that names only a host leaves all else at its default") {
    auto const o = parse_url("redis://redis.internal");
    options const defaults;

    CHECK(o.host == "redis.internal");
    CHECK(o.port == 6379);
    CHECK(o.unix_socket.empty());
    CHECK(o.user.empty());
    CHECK(o.password.empty());
    CHECK(o.app.empty());
    CHECK(o.client_name == defaults.client_name);
    CHECK(!o.tls);
}

TEST_CASE("a URL gives host and port") {
    struct {
        std::string_view url, host;
        int port;
    } const rows[] = {
        {"redis://localhost:7000", "localhost", 7000},
        {"redis://10.0.0.1:1", "10.0.0.1", 1},
        {"redis://10.0.0.1:65535", "10.0.0.1", 65535},
        {"redis://[::1]", "::1", 6379},
        {"redis://[::1]:7000", "::1", 7000},
        {"redis://[2001:db8::7]/0", "2001:db8::7", 6379},
        {"redis://[::1]:7000/0?app=Chat", "::1", 7000},
        {"redis://r%65dis", "redis", 6379},
    };
    for (auto const& row : rows) {
        CAPTURE(row.url);
        auto const o = parse_url(row.url);
        CHECK(o.host == row.host);
        CHECK(o.port == row.port);
    }
}

TEST_CASE("a URL gives user and password, percent-decoded") {
    struct {
        std::string_view url, user, password;
    } const rows[] = {
        {"redis://:secret@host", "", "secret"},
        {"redis://ada:secret@host", "ada", "secret"},
        {"redis://ada:@host", "ada", ""},
        {"redis://:@host", "", ""},
        {"redis://ada:s3:cr:et@host", "ada", "s3:cr:et"}, // the first colon parts them
        {"redis://ada:s@cr@t@host", "ada", "s@cr@t"},     // the last @ does
        {"redis://ada:sec/ret@host", "ada", "sec/ret"},
        {"redis://a%3Ada:s%40cr%3aet@host", "a:da", "s@cr:et"},
        {"redis://:%25%20%2f%3F@host", "", "% /?"},
        {"redis://:a+b@host", "", "a+b"}, // a plus is a plus, as RFC 3986 has it
        {"unix://ada:secret@/run/redis.sock", "ada", "secret"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.url);
        auto const o = parse_url(row.url);
        CHECK(o.user == row.user);
        CHECK(o.password == row.password);
        CHECK((o.host == "host" || o.unix_socket == "/run/redis.sock"));
    }
}

TEST_CASE("a percent-encoded zero byte is a zero byte") {
    CHECK(parse_url("redis://:a%00b@host").password == std::string("a\0b", 3));
}

TEST_CASE("a database is checked and changes nothing") {
    for (std::string_view const url : {"redis://host/", "redis://host/0", "redis://host:6379/15",
                                       "redis://host/16383", "redis://[::1]/3"}) {
        CAPTURE(url);
        CHECK(parse_url(url).port == 6379);
    }
}

TEST_CASE("a unix URL gives the path of a socket, percent-decoded") {
    CHECK(parse_url("unix:///run/redis.sock").unix_socket == "/run/redis.sock");
    CHECK(parse_url("unix:///run/my%20redis%40home?app=Chat").unix_socket == "/run/my redis@home");
    CHECK(parse_url("unix://:secret@/run/redis.sock").unix_socket == "/run/redis.sock");
}

TEST_CASE("options behind the question mark give the app and the client's name") {
    auto const both = parse_url("redis://host:1/0?app=My%20Chat&client_name=left");
    CHECK(both.app == "My Chat");
    CHECK(both.client_name == "left");

    CHECK(parse_url("redis://host?client_name=left").client_name == "left");
    CHECK(parse_url("redis://host?app=a%26b%3Dc").app == "a&b=c");
    CHECK(parse_url("redis://host?app=a=b").app == "a=b");
    CHECK(parse_url("redis://host?app=").app.empty());
    CHECK(parse_url("redis://host?").app.empty());
    CHECK(parse_url("redis://host?app=Chat&").app == "Chat");
    CHECK(parse_url("unix:///run/redis.sock?app=Chat").app == "Chat");
}

TEST_CASE("rediss is redis with TLS, verified") {
    auto const o = parse_url("rediss://ada:secret@redis.internal/0?app=Chat");
    REQUIRE(o.tls);
    CHECK(o.host == "redis.internal");
    CHECK(o.port == 6379);
    CHECK(o.user == "ada");
    CHECK(o.app == "Chat");
    CHECK(o.tls->ca_file.empty());
    CHECK(o.tls->certificate_file.empty());
    CHECK(o.tls->key_file.empty());
    CHECK(o.tls->server_name.empty());
    CHECK(o.tls->verify);
}

TEST_CASE("options of TLS stand behind the question mark, too") {
    auto const o = parse_url("rediss://10.0.0.1:6380?ca_file=/etc/my%20ca.pem&app=Chat&"
                             "certificate_file=client.pem&key_file=client.key&"
                             "server_name=redis.internal&verify=yes");
    REQUIRE(o.tls);
    CHECK(o.app == "Chat");
    CHECK(o.tls->ca_file == "/etc/my ca.pem");
    CHECK(o.tls->certificate_file == "client.pem");
    CHECK(o.tls->key_file == "client.key");
    CHECK(o.tls->server_name == "redis.internal");
    CHECK(o.tls->verify);
    CHECK(!parse_url("rediss://host?verify=no").tls->verify);
}

TEST_CASE("a malformed URL is refused with a message that names the wrong part") {
    struct {
        std::string_view url, part;
    } const rows[] = {
        {"", "scheme"},
        {"localhost:6379", "scheme"},
        {"redis:/host", "scheme"},
        {"http://host", "scheme \"http\""},
        {"redisss://host", "scheme \"redisss\""},
        {"REDIS://host", "scheme \"REDIS\""},
        {"redis://", "host is missing"},
        {"redis:///0", "host is missing"},
        {"redis://:6379", "host is missing"},
        {"redis://:secret@", "host is missing"},
        {"redis://:secret@:6379", "host is missing"},
        {"redis://?app=Chat", "host is missing"},
        {"redis://[]", "host is missing"},
        {"redis://[]:6379", "host is missing"},
        {"redis://::1", "host is missing"}, // IPv6 without its brackets
        {"redis://secret@host", "before the @"},
        {"redis://@host", "before the @"},
        {"redis://a%zzda:secret@host", "user"},
        {"redis://ada:sec%@host", "password"},
        {"redis://ada:sec%4@host", "password"},
        {"redis://ada:sec%4x@host", "password"},
        {"redis://ada:sec%-1@host", "password"},
        {"redis://ho%st", "host has a %"},
        {"redis://[::1", "[ without a ]"},
        {"redis://[::1]6379", "after the address's ]"},
        {"redis://host?app=a@b", "@ behind a ?"},
        {"redis://host:", "port"},
        {"redis://host:0", "port"},
        {"redis://host:65536", "port"},
        {"redis://host:-1", "port"},
        {"redis://host:+1", "port"},
        {"redis://host:99999999999999999999", "port"},
        {"redis://host:6379x", "port"},
        {"redis://host: 6379", "port"},
        {"redis://[::1]:", "port"},
        {"redis://[::1]:x", "port"},
        {"redis://host/x", "database"},
        {"redis://host/-1", "database"},
        {"redis://host/16384", "database"},
        {"redis://host/0/1", "database"},
        {"redis://host?ap=Chat", "option \"ap\""},
        {"redis://host?App=Chat", "option \"App\""},
        {"redis://host?app=a&&client_name=b", "option \"\" has no value"},
        {"redis://host?app", "option \"app\" has no value"},
        {"redis://host?app=%", "app has a %"},
        {"redis://host?client_name=%g0", "client_name has a %"},
        {"redis://host?ca_file=/ca.pem", "option \"ca_file\""}, // rediss:// is meant
        {"redis://host?verify=no", "option \"verify\""},
        {"unix:///redis.sock?key_file=/key.pem", "option \"key_file\""},
        {"rediss://", "host is missing"},
        {"rediss://host?ca=/ca.pem", "option \"ca\""},
        {"rediss://host?ca_file", "option \"ca_file\" has no value"},
        {"rediss://host?ca_file=%", "ca_file has a %"},
        {"rediss://host?verify=", "\"verify\" is neither yes nor no"},
        {"rediss://host?verify=false", "\"verify\" is neither yes nor no"},
        {"unix://", "path"},
        {"unix://run/redis.sock", "path"},
        {"unix:///run/%redis", "path has a %"},
        {"unix://secret@/run/redis.sock", "before the @"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.url);
        auto const said = complaint(row.url);
        CHECK_MESSAGE(contains(said, row.part), said);
        CHECK(contains(said, "expected redis://"));
    }
}

TEST_CASE("no message shows a password, whatever is wrong with the URL") {
    for (std::string_view const url : {
             "http://ada:hunter2@host",
             "rediss://ada:hunter2@host?verify=x",
             "redis://hunter2@host",
             "redis://ada:hunter2%@host",
             "redis://ad%a:hunter2@host",
             "redis://ada:hunter2@",
             "redis://ada:hunter2@host:x",
             "redis://ada:hunter2@host/x",
             "redis://ada:hunter2@host?x=1",
             "redis://ada:hunter2", // the host is forgotten
             "redis://ada:hunter2/0",
             "redis://ada:hunter2?app=Chat",
             "redis://ada:what?hunter2@host", // a question mark that is not encoded
             "redis://ada:what?app=hunter2@host",
             "redis://ada:what?app=hunter2&hunter2@host",
             "unix://ada:hunter2/run/redis.sock",
             "unix://hunter2@/run/redis.sock",
             "unix://ada:what?hunter2@/run/redis.sock",
             "ada:hunter2@host",
         }) {
        CAPTURE(url);
        auto const said = complaint(url);
        CHECK(!said.empty());
        CHECK_MESSAGE(!contains(said, "hunter2"), said);
    }
}

} // namespace url_test
