// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/redis_options.hpp>

#include <hubbub/error.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::redis {

HUBBUB_DECL bool is_final(std::error_code error) noexcept {
    return error == redis_errc::authentication_failed ||
           error == redis_errc::authentication_required || error == redis_errc::permission_denied ||
           error == redis_errc::protected_mode || error == tls_errc::untrusted ||
           error == tls_errc::wrong_name || error == tls_errc::not_spoken ||
           error == tls_errc::refused;
}

namespace detail {

[[noreturn]] HUBBUB_DECL void reject_url(std::string const& what) {
    throw std::invalid_argument("redis URL: " + what +
                                "; expected redis://[user:password@]host[:port][/database]"
                                "[?app=NAME], the same with rediss:// for TLS, or "
                                "unix://[user:password@]/path[?app=NAME]");
}

/// The part of text before mark, which text then loses with the mark; nothing if there is no mark.
HUBBUB_DECL std::optional<std::string_view> cut(std::string_view& text, char mark) {
    auto const at = text.find(mark);
    if (at == std::string_view::npos)
        return std::nullopt;
    auto const before = text.substr(0, at);
    text.remove_prefix(at + 1);
    return before;
}

template <class Number>
Number parse_number(std::string_view text, std::string_view name, Number least, Number most) {
    Number value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
        // The text is not shown: where an @ was forgotten it is a password.
        reject_url("the " + std::string(name) + " is not a number from " + std::to_string(least) +
                   " to " + std::to_string(most));
    return value;
}

/// Source: RFC 3986, 2.1 (percent-encoding).
HUBBUB_DECL std::string percent_decode(std::string_view text, std::string_view name) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        auto const digits = text.substr(i + 1, 2);
        unsigned char value{};
        auto const [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (error != std::errc{} || digits.size() != 2 || end != digits.data() + 2)
            reject_url("the " + std::string(name) + " has a % without two hexadecimal digits");
        decoded += static_cast<char>(value);
        i += 2;
    }
    return decoded;
}

HUBBUB_DECL void parse_credentials(std::string_view text, options& result) {
    auto const user = cut(text, ':');
    if (!user)
        reject_url("before the @ there is no colon; a password alone is written :password@");
    result.user = percent_decode(*user, "user");
    result.password = percent_decode(text, "password");
}

/// The option of TLS that a URL calls name; none for other names.
HUBBUB_DECL std::string* find_tls_option(tls_options& tls, std::string_view name) noexcept {
    if (name == "ca_file")
        return &tls.ca_file;
    if (name == "certificate_file")
        return &tls.certificate_file;
    if (name == "key_file")
        return &tls.key_file;
    return name == "server_name" ? &tls.server_name : nullptr;
}

HUBBUB_DECL bool parse_yes_or_no(std::string_view text, std::string_view name) {
    if (text != "yes" && text != "no")
        reject_url("the option \"" + std::string(name) + "\" is neither yes nor no");
    return text == "yes";
}

HUBBUB_DECL void parse_query(std::string_view text, options& result) {
    while (!text.empty()) {
        auto const rest = text.find('&');
        auto value = text.substr(0, rest);
        text.remove_prefix(rest == std::string_view::npos ? text.size() : rest + 1);
        auto const name = cut(value, '=');
        if (!name)
            reject_url("the option \"" + std::string(value) + "\" has no value");
        if (name == "app")
            result.app = percent_decode(value, "app");
        else if (name == "client_name")
            result.client_name = percent_decode(value, "client_name");
        else if (auto* const option = result.tls ? find_tls_option(*result.tls, *name) : nullptr)
            *option = percent_decode(value, *name);
        else if (result.tls && name == "verify")
            result.tls->verify = parse_yes_or_no(value, *name);
        else
            reject_url("unknown option \"" + std::string(*name) +
                       "\"; known are app and client_name, and with rediss:// ca_file, "
                       "certificate_file, key_file, server_name and verify");
    }
}

HUBBUB_DECL void parse_address(std::string_view text, options& result) {
    if (text.starts_with('[')) { // IPv6, RFC 3986, 3.2.2
        text.remove_prefix(1);
        auto const address = cut(text, ']');
        if (!address)
            reject_url("the address has a [ without a ]");
        result.host = *address;
        if (text.empty())
            text = ":6379";
        if (!text.starts_with(':'))
            reject_url("what stands after the address's ] is no port");
        text.remove_prefix(1);
    } else if (auto const host = cut(text, ':')) {
        result.host = percent_decode(*host, "host");
    } else {
        result.host = percent_decode(text, "host");
        text = "6379";
    }
    if (result.host.empty())
        reject_url("the host is missing");
    result.port = parse_number<std::uint16_t>(text, "port", 1, 65535);
}

} // namespace detail

HUBBUB_DECL options parse_url(std::string_view url) {
    options result;
    auto const scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos)
        detail::reject_url("there is no scheme");
    auto const scheme = url.substr(0, scheme_end);
    if (scheme == "rediss")
        result.tls.emplace();
    else if (scheme != "redis" && scheme != "unix")
        detail::reject_url("unknown scheme \"" + std::string(scheme) + "\"");
    auto rest = url.substr(scheme_end + 3);

    std::string_view query;
    if (auto const before = detail::cut(rest, '?'))
        query = std::exchange(rest, *before);
    if (query.find('@') != std::string_view::npos) // RFC 3986, 3.2: user and password end at a ?
        detail::reject_url("there is an @ behind a ?; in a user or password write %3F for the ?, "
                           "in a value %40 for the @");
    if (auto const at = rest.rfind('@'); at != std::string_view::npos) {
        detail::parse_credentials(rest.substr(0, at), result);
        rest.remove_prefix(at + 1);
    }
    detail::parse_query(query, result);

    if (scheme == "unix") {
        if (!rest.starts_with('/'))
            detail::reject_url("the path does not begin with a /");
        result.unix_socket = detail::percent_decode(rest, "path");
        return result;
    }
    auto database = rest;
    if (auto const address = detail::cut(database, '/')) {
        rest = *address;
        if (!database.empty())
            detail::parse_number<unsigned>(database, "database", 0, 16383);
    }
    detail::parse_address(rest, result);
    return result;
}

} // namespace hubbub::redis
