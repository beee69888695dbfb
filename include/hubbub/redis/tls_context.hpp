// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <asio/ssl/context.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace hubbub::redis {

/// The settings that the TLS links of one transport share: whom they trust, whom they expect, and
/// the certificate that they show. Copies share it. Nothing, if the options ask for no TLS.
///
/// Errors: throws std::invalid_argument, naming the option, the file and the reason.
class tls_context {
public:
    explicit tls_context(options const& o);

    explicit operator bool() const noexcept { return context_ != nullptr; }

    asio::ssl::context& get() const noexcept { return *context_; }

    /// The name to ask the server for; empty if it goes by an address (RFC 6066, 3).
    std::string const& requested_name() const noexcept { return requested_name_; }

private:
    [[noreturn]] static void reject(std::string const& what);

    /// Lets OpenSSL read a file.
    template <class Read>
    static void read(std::string_view option, std::string const& file, Read read_file);

    void trust(std::string const& ca_file);

    void show(std::string const& certificate_file, std::string const& key_file);

    /// Each link takes what is verified from here. Source: SSL_CTX_get0_param(3),
    /// X509_VERIFY_PARAM_set1_host(3).
    void expect(std::string name);

    std::shared_ptr<asio::ssl::context> context_;
    std::string requested_name_;
};

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/tls_context.ipp>
#endif
