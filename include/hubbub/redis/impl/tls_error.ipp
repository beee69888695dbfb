// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/tls_error.hpp>

#include <hubbub/base/asio.hpp>

#include <asio/error.hpp>
#include <asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <system_error>

namespace hubbub::redis {

HUBBUB_DECL tls_errc classify_verification(long result) noexcept {
    switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return tls_errc::wrong_name;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return tls_errc::expired;
    default: return tls_errc::untrusted;
    }
}

HUBBUB_DECL std::error_code classify_tls(std::error_code error, SSL const* ssl) noexcept {
    // With or without a farewell: RESP tells a reply that is cut off from a whole one.
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
        return errc::disconnected;
    if (error.category() != asio::error::get_ssl_category())
        return error;
    // Before the error, which may be that of a signature or a key, deep down in the verification.
    if ((SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0)
        if (auto const result = SSL_get_verify_result(ssl); result != X509_V_OK)
            return classify_verification(result);
    auto const code = static_cast<unsigned long>(static_cast<unsigned>(error.value()));
    if (ERR_GET_LIB(code) != ERR_LIB_SSL)
        return error;
    switch (ERR_GET_REASON(code)) {
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING // OpenSSL 3
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return errc::disconnected;
#endif
    case SSL_R_HTTP_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
        // A server that has chosen a cipher does speak TLS: then its bytes went wrong on the way.
        return SSL_get_pending_cipher(ssl) == nullptr ? make_error_code(tls_errc::not_spoken)
                                                      : error;
    case SSL_AD_REASON_OFFSET + SSL_AD_HANDSHAKE_FAILURE: // TLS 1.2, and no certificate
    case SSL_AD_REASON_OFFSET + SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_REASON_OFFSET + SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA:
    case SSL_AD_REASON_OFFSET + SSL_AD_ACCESS_DENIED:
    case SSL_AD_REASON_OFFSET + SSL_AD_DECRYPT_ERROR: // signed by another of the authority's name
    case SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_REQUIRED: return tls_errc::refused;
    default: return error;
    }
}

} // namespace hubbub::redis
