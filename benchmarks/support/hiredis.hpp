// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"

#include <hubbub/transport/redis_options.hpp>

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/time.h>

namespace bench {

/// Where a Redis is, for people.
inline std::string address_of(hubbub::redis::options const& o) {
    return o.unix_socket.empty() ? fmt::format("{}:{}", o.host, o.port) : o.unix_socket;
}

/// A connection by hiredis, which blocks.
class hiredis {
public:
    using reply = std::unique_ptr<redisReply, void (*)(redisReply*)>;

    /// Errors: throws failure.
    explicit hiredis(hubbub::redis::options const& o)
        : address_(address_of(o)), context_(open(o), &redisFree) {
        if (!context_)
            throw failure("hiredis has no memory");
        if (context_->err != 0)
            fail("cannot reach", context_->errstr);
        redisSetTimeout(context_.get(), patience);
        if (!o.user.empty())
            command({"AUTH", o.user, o.password});
        else if (!o.password.empty())
            command({"AUTH", o.password});
    }

    template <std::size_t N>
    void append(std::string_view const (&words)[N]) {
        std::array<char const*, N> texts;
        std::array<std::size_t, N> sizes;
        for (std::size_t i = 0; i < N; ++i) {
            texts[i] = words[i].data();
            sizes[i] = words[i].size();
        }
        redisAppendCommandArgv(context_.get(), static_cast<int>(N), texts.data(), sizes.data());
    }

    void flush() {
        for (int done = 0; done == 0;)
            if (redisBufferWrite(context_.get(), &done) != REDIS_OK)
                fail("lost", context_->errstr);
    }

    /// Errors: throws failure, also for what Redis says is an error.
    reply get() {
        void* next = nullptr;
        if (redisGetReply(context_.get(), &next) != REDIS_OK)
            fail("lost", context_->errstr);
        reply owned(static_cast<redisReply*>(next), [](redisReply* r) { freeReplyObject(r); });
        if (owned->type == REDIS_REPLY_ERROR)
            fail("refused by", {owned->str, static_cast<std::size_t>(owned->len)});
        return owned;
    }

    template <std::size_t N>
    reply command(std::string_view const (&words)[N]) {
        append(words);
        return get();
    }

    /// The payload of the next message. Errors: throws failure.
    reply message(std::string_view& payload) {
        auto next = get();
        if (next->type != REDIS_REPLY_ARRAY || next->elements != 3 ||
            next->element[2]->type != REDIS_REPLY_STRING)
            fail("nonsense from", "no message");
        payload = {next->element[2]->str, static_cast<std::size_t>(next->element[2]->len)};
        return next;
    }

    /// From any thread: makes what blocks here return.
    void stop() noexcept { shutdown(context_->fd, SHUT_RDWR); }

private:
    static constexpr timeval patience{10, 0};

    static redisContext* open(hubbub::redis::options const& o) {
        return o.unix_socket.empty() ? redisConnectWithTimeout(o.host.c_str(), o.port, patience)
                                     : redisConnectUnixWithTimeout(o.unix_socket.c_str(), patience);
    }

    [[noreturn]] void fail(std::string_view what, std::string_view why) const {
        throw failure(fmt::format("{} Redis at {}: {}", what, address_, why));
    }

    std::string address_;
    std::unique_ptr<redisContext, void (*)(redisContext*)> context_;
};

/// Errors: throws failure if there is no Redis that takes us.
inline std::string redis_version(hubbub::redis::options const& o) {
    hiredis redis(o);
    auto const info = redis.command({"INFO", "server"});
    std::string_view text(info->str, static_cast<std::size_t>(info->len));
    constexpr std::string_view name = "redis_version:";
    auto const at = text.find(name);
    if (at == std::string_view::npos)
        return "of unknown version";
    text.remove_prefix(at + name.size());
    return std::string(text.substr(0, text.find('\r')));
}

} // namespace bench
