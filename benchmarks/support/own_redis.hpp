// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"
#include "program.hpp"

#include <hubbub/transport/redis_options.hpp>

#include <fmt/format.h>
#include <support/redis_server.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace bench {

/// Adds --redis URL.
inline void redis_option(arguments& args, std::string& url) {
    args.option("--redis", "URL", "a Redis to use; without it, one of its own is started",
                [&url](std::string_view text) {
                    try {
                        hubbub::redis::parse_url(text);
                    } catch (std::invalid_argument const& e) {
                        throw usage_error(e.what());
                    }
                    url = text;
                });
}

/// The Redis of a URL; without one, a server of its own on a loopback port, which ends with it.
class own_redis {
public:
    /// Errors: throws failure.
    explicit own_redis(std::string url) : url_(std::move(url)) {
        if (url_.empty())
            url_ = start();
        options_ = hubbub::redis::parse_url(url_);
    }

    std::string const& url() const noexcept { return url_; }
    hubbub::redis::options const& options() const noexcept { return options_; }

private:
    std::string start() try {
        server_.emplace();
        return fmt::format("redis://127.0.0.1:{}", server_->port());
    } catch (std::runtime_error const&) {
        throw failure("redis-server does not start; is it installed? --redis URL uses another one");
    }

    std::string url_;
    std::optional<redis_server> server_;
    hubbub::redis::options options_;
};

} // namespace bench
