// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/error.hpp>

#include <openssl/ssl.h>

#include <system_error>

namespace hubbub::redis {

/// Tells why OpenSSL does not accept a certificate.
/// Source: X509_STORE_CTX_get_error(3).
tls_errc classify_verification(long result) noexcept;

/// Translates an error of a TLS stream for the user of a link. An error without a code here stays
/// OpenSSL's; so do alerts that do not say that the server dislikes this client, but that something
/// is wrong with it or on the way.
/// Source: RFC 8446, 6.2; for OpenSSL an alert is its number and SSL_AD_REASON_OFFSET.
std::error_code classify_tls(std::error_code error, SSL const* ssl) noexcept;

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/tls_error.ipp>
#endif
