// SPDX-License-Identifier: MIT
#include <hubbub/redis/tls_error.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <asio/error.hpp>
#include <asio/ssl/error.hpp>
#include <doctest/doctest.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <system_error>

namespace tls_error_test {

using hubbub::errc;
using hubbub::tls_errc;
using hubbub::redis::classify_tls;
using hubbub::redis::classify_verification;
using hubbub::redis::is_final;

namespace {

/// An error as Asio takes it from OpenSSL's queue.
std::error_code openssl_error(int library, int reason) {
    return {static_cast<int>(ERR_PACK(library, 0, reason)), asio::error::get_ssl_category()};
}

std::error_code alert(int number) {
    return openssl_error(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + number);
}

/// A connection as OpenSSL keeps it, whose certificate is accepted.
struct a_tls {
    a_tls() { SSL_set_verify(ssl.get(), SSL_VERIFY_PEER, nullptr); }

    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> const context{
        SSL_CTX_new(TLS_client_method()), &SSL_CTX_free};
    std::unique_ptr<SSL, decltype(&SSL_free)> const ssl{SSL_new(context.get()), &SSL_free};
};

} // namespace

TEST_CASE("a certificate is for another name, or out of its time, or else not trusted") {
    CHECK(classify_verification(X509_V_ERR_HOSTNAME_MISMATCH) == tls_errc::wrong_name);
    CHECK(classify_verification(X509_V_ERR_IP_ADDRESS_MISMATCH) == tls_errc::wrong_name);
    CHECK(classify_verification(X509_V_ERR_CERT_HAS_EXPIRED) == tls_errc::expired);
    CHECK(classify_verification(X509_V_ERR_CERT_NOT_YET_VALID) == tls_errc::expired);
    for (long const result :
         {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
          X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_CERT_REVOKED,
          X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_INVALID_CA})
        CHECK(classify_verification(result) == tls_errc::untrusted);
}

TEST_CASE(
    "a refused certificate has the verdict of its verification, whatever OpenSSL says first") {
    a_tls const tls;
    SSL_set_verify_result(tls.ssl.get(), X509_V_ERR_CERT_HAS_EXPIRED);
    auto const refused = openssl_error(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED);
    auto const bad_signature = openssl_error(ERR_LIB_RSA, 1);
    CHECK(classify_tls(refused, tls.ssl.get()) == tls_errc::expired);
    CHECK(classify_tls(bad_signature, tls.ssl.get()) == tls_errc::expired);
    CHECK(classify_tls(asio::error::connection_reset, tls.ssl.get()) ==
          asio::error::connection_reset);
    SSL_set_verify(tls.ssl.get(), SSL_VERIFY_NONE, nullptr);
    CHECK(classify_tls(alert(80), tls.ssl.get()) == alert(80));
}

TEST_CASE("a peer that is gone is disconnected, with a farewell or without") {
    a_tls const tls;
    CHECK(classify_tls(asio::error::eof, tls.ssl.get()) == errc::disconnected);
    CHECK(classify_tls(asio::ssl::error::stream_truncated, tls.ssl.get()) == errc::disconnected);
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING
    CHECK(classify_tls(openssl_error(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING),
                       tls.ssl.get()) == errc::disconnected);
#endif
}

TEST_CASE("an alert that a certificate would mend is a refusal for good; others are tried again") {
    a_tls const tls;
    for (int const number : {40, 42, 43, 44, 45, 46, 48, 49, 51, 116}) {
        CAPTURE(number);
        CHECK(classify_tls(alert(number), tls.ssl.get()) == tls_errc::refused);
        CHECK(is_final(classify_tls(alert(number), tls.ssl.get())));
    }
    for (int const number : {10, 20, 22, 47, 50, 70, 80, 90}) {
        CAPTURE(number);
        CHECK(classify_tls(alert(number), tls.ssl.get()) == alert(number));
        CHECK(!is_final(classify_tls(alert(number), tls.ssl.get())));
    }
}

TEST_CASE("errors of other libraries stay what they are") {
    a_tls const tls;
    std::error_code const reset = asio::error::connection_reset;
    CHECK(classify_tls(reset, tls.ssl.get()) == reset);
    auto const foreign = openssl_error(ERR_LIB_X509, SSL_R_WRONG_VERSION_NUMBER);
    CHECK(classify_tls(foreign, tls.ssl.get()) == foreign);
}

} // namespace tls_error_test
