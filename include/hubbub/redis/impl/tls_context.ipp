// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/tls_context.hpp>

#include <asio/ip/address.hpp>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub::redis {

HUBBUB_DECL tls_context::tls_context(options const& o) {
    if (!o.tls)
        return;
    if (!o.unix_socket.empty())
        reject("tls and unix_socket are both given; Redis speaks no TLS on unix sockets");
    // tls_client means any version, and the default of the system decides which is the least.
    context_ = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context_->native_handle(), TLS1_2_VERSION);
    trust(o.tls->ca_file);
    show(o.tls->certificate_file, o.tls->key_file);
    expect(o.tls->server_name.empty() ? o.host : o.tls->server_name);
    context_->set_verify_mode(o.tls->verify ? asio::ssl::verify_peer : asio::ssl::verify_none);
}

[[noreturn]] HUBBUB_DECL void tls_context::reject(std::string const& what) {
    throw std::invalid_argument("redis options: " + what);
}

template <class Read>
void tls_context::read(std::string_view option, std::string const& file, Read read_file) {
    std::error_code error;
    errno = 0;
    if (std::ifstream(file))
        read_file(file, error);
    else // OpenSSL 3 has no words for what the system says
        error.assign(errno, std::generic_category());
    if (error)
        reject(std::string(option) + " \"" + file + "\": " + error.message());
}

HUBBUB_DECL void tls_context::trust(std::string const& ca_file) {
    if (ca_file.empty())
        return context_->set_default_verify_paths();
    read("ca_file", ca_file,
         [&](auto const& file, auto& error) { context_->load_verify_file(file, error); });
}

HUBBUB_DECL void tls_context::show(std::string const& certificate_file,
                                   std::string const& key_file) {
    if (certificate_file.empty()) {
        if (!key_file.empty())
            reject("key_file is given without certificate_file");
        return;
    }
    read("certificate_file", certificate_file,
         [&](auto const& file, auto& error) { context_->use_certificate_chain_file(file, error); });
    // Without this OpenSSL would ask at the terminal.
    context_->set_password_callback([](auto const&...) { return std::string(); });
    read("key_file", key_file.empty() ? certificate_file : key_file,
         [&](auto const& file, auto& error) {
             context_->use_private_key_file(file, asio::ssl::context::pem, error);
         });
}

HUBBUB_DECL void tls_context::expect(std::string name) {
    if (name.ends_with('.')) // a name that is complete for the resolver; certificates have none
        name.pop_back();
    auto* const verified = SSL_CTX_get0_param(context_->native_handle());
    std::error_code no_address;
    auto const address = asio::ip::make_address(name, no_address);
    bool accepted = !name.empty(); // OpenSSL would verify no name
    if (no_address) {
        X509_VERIFY_PARAM_set_hostflags(verified, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        accepted = accepted && X509_VERIFY_PARAM_set1_host(verified, name.data(), name.size());
        requested_name_ = name;
    } else if (address.is_v6()) {
        auto const bytes = address.to_v6().to_bytes();
        accepted = X509_VERIFY_PARAM_set1_ip(verified, bytes.data(), bytes.size());
    } else {
        auto const bytes = address.to_v4().to_bytes();
        accepted = X509_VERIFY_PARAM_set1_ip(verified, bytes.data(), bytes.size());
    }
    if (!accepted)
        reject("the name that the server's certificate must be for is empty, or holds a zero "
               "byte; give it as host or server_name");
}

} // namespace hubbub::redis
