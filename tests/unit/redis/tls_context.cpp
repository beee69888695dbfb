// SPDX-License-Identifier: MIT
#include <hubbub/redis/plain_stream.hpp>
#include <hubbub/redis/tls_context.hpp>
#include <hubbub/transport/redis_options.hpp>

#include "support/certificates.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tls_context_test {

using hubbub::redis::options;
using hubbub::redis::tls_context;

namespace {

options with_tls() {
    options o;
    o.tls.emplace();
    return o;
}

/// What make says against options; empty if it takes them.
template <class Make>
std::string complaint_of(Make make, options const& o) {
    try {
        make(o);
        return {};
    } catch (std::invalid_argument const& e) {
        return e.what();
    }
}

std::string complaint(options const& o) {
    return complaint_of([](options const& given) { return tls_context(given); }, o);
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

void write_file(std::string const& path, std::string_view text) {
    std::ofstream(path) << text;
}

std::string text_of(std::string const& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TEST_CASE("a context is empty where no TLS is asked for") {
    CHECK(!tls_context(options{}));
    CHECK(tls_context(with_tls()));
}

TEST_CASE("a transport without TLS says which has it") {
    using hubbub::redis::plain_streams;
    auto const said = complaint_of(plain_streams, hubbub::redis::parse_url("rediss://host"));
    CHECK_MESSAGE(contains(said, "redis_tls_transport"), said);
    CHECK_MESSAGE(contains(said, "<hubbub/transport/redis_tls.hpp>"), said);
    CHECK_MESSAGE(contains(said, "make_redis_tls_transport"), said);
    CHECK_MESSAGE(contains(said, "<hubbub/transport/make_redis_tls.hpp>"), said);
    CHECK(complaint_of(plain_streams, options{}).empty());
}

TEST_CASE("a file that cannot be used is named, with its option and the reason") {
    certificate_authority authority;
    auto const good = authority.issue("DNS:client.test");
    auto const other = authority.issue("DNS:other.test");
    temporary_folder const folder;
    auto const missing = (folder.path / "missing.pem").string();
    auto const empty = (folder.path / "empty.pem").string();
    auto const rubbish = (folder.path / "rubbish.pem").string();
    write_file(empty, "");
    write_file(rubbish, "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n");

    struct {
        std::string ca_file, certificate_file, key_file;
        std::string option, file, reason;
    } const rows[] = {
        {missing, "", "", "ca_file", missing, "No such file"},
        {empty, "", "", "ca_file", empty, "no certificate"},
        {rubbish, "", "", "ca_file", rubbish, "PEM"},
        {folder.path.string(), "", "", "ca_file", folder.path.string(), ": "},
        {"", missing, good.key_file, "certificate_file", missing, "No such file"},
        {"", empty, good.key_file, "certificate_file", empty, "no start line"},
        {"", good.key_file, good.key_file, "certificate_file", good.key_file, "no start line"},
        {"", good.certificate_file, missing, "key_file", missing, "No such file"},
        {"", good.certificate_file, "", "key_file", good.certificate_file, ": "},
        {"", good.certificate_file, other.key_file, "key_file", other.key_file,
         "key values mismatch"},
        {"", "", good.key_file, "key_file", "", "without certificate_file"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.file);
        auto o = with_tls();
        o.tls->ca_file = row.ca_file;
        o.tls->certificate_file = row.certificate_file;
        o.tls->key_file = row.key_file;
        auto const said = complaint(o);
        CHECK_MESSAGE(contains(said, row.option), said);
        CHECK_MESSAGE(contains(said, row.file), said);
        CHECK_MESSAGE(contains(said, row.reason), said);
        CHECK(!contains(said, "asio.ssl error")); // which would say nothing
    }
}

TEST_CASE("a certificate and its key may stand in one file") {
    certificate_authority authority;
    auto const made = authority.issue("DNS:client.test");
    temporary_folder const folder;
    auto o = with_tls();
    o.tls->certificate_file = (folder.path / "both.pem").string();
    write_file(o.tls->certificate_file, text_of(made.certificate_file) + text_of(made.key_file));
    CHECK(complaint(o) == "");
}

TEST_CASE("a key with a pass phrase is refused, and nobody is asked for it") {
    certificate_authority authority;
    auto const made = authority.issue("DNS:client.test");
    temporary_folder const folder;
    auto const locked = (folder.path / "locked.key").string();
    {
        std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> const key(
            EVP_PKEY_new_raw_private_key(
                EVP_PKEY_ED25519, nullptr,
                reinterpret_cast<unsigned char const*>("0123456789abcdef0123456789abcdef"), 32),
            &EVP_PKEY_free);
        std::unique_ptr<std::FILE, decltype(&std::fclose)> const file(
            std::fopen(locked.c_str(), "w"), &std::fclose);
        REQUIRE(PEM_write_PrivateKey(file.get(), key.get(), EVP_aes_128_cbc(),
                                     reinterpret_cast<unsigned char const*>("secret"), 6, nullptr,
                                     nullptr) == 1);
    }
    auto o = with_tls();
    o.tls->certificate_file = made.certificate_file;
    o.tls->key_file = locked;
    auto const said = complaint(o);
    CHECK_MESSAGE(contains(said, locked), said);
    CHECK(!contains(said, "asio.ssl error"));
}

TEST_CASE("a name that no certificate could be for is refused, for it would verify nothing") {
    using namespace std::string_literals;
    auto o = with_tls();
    for (auto const& name : {""s, "."s, "redis.test\0.other"s}) {
        o.host = name;
        CHECK(contains(complaint(o), "server_name"));
    }
    o.tls->server_name = "redis.test";
    CHECK(complaint(o) == "");
}

TEST_CASE("a server is asked for by a name, and by no address") {
    struct {
        std::string_view host, server_name, requested;
    } const rows[] = {
        {"redis.test", "", "redis.test"},
        {"redis.test.", "", "redis.test"},
        {"10.0.0.1", "", ""},
        {"::1", "", ""},
        {"10.0.0.1", "redis.test", "redis.test"},
        {"redis.test", "10.0.0.1", ""},
    };
    for (auto const& row : rows) {
        auto o = with_tls();
        o.host = row.host;
        o.tls->server_name = row.server_name;
        CHECK(tls_context(o).requested_name() == row.requested);
    }
}

TEST_CASE("TLS and a unix socket do not go together") {
    auto o = with_tls();
    o.unix_socket = "/run/redis.sock";
    CHECK(contains(complaint(o), "unix_socket"));
}

} // namespace tls_context_test
