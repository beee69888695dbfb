// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/redis/reply_limits.hpp>

#include <hiredis/hiredis.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hubbub::redis {

/// One value that Redis sent. Text is valid during the call that passes it.
struct value {
    enum class kind { status, error, integer, string, nil, array };

    kind type = kind::nil;
    std::string_view text = {};
    std::int64_t integer = 0;
};

/// A whole reply: a value, and its elements if it is an array. Elements are no arrays: Pub/Sub
/// has no such replies.
struct reply : value {
    std::span<value const> elements = {};
};

/// Gets each reply.
class reply_handler {
public:
    reply_handler() = default;
    reply_handler(reply_handler const&) = delete;
    reply_handler& operator=(reply_handler const&) = delete;
    virtual ~reply_handler() = default;

    virtual void on_reply(reply const& r) noexcept = 0;
};

/// Cuts a stream of bytes into replies, by hiredis's reader, without an allocation per reply: the
/// last element of a reply is a view into the reader's buffer.
///
/// hiredis moves its buffer before it returns a reply, so a reply is handed over from within, when
/// its last element is there; and the elements before it are copied, since the reply may come in
/// pieces. The handler may destroy what it likes but this object.
class resp_reader {
public:
    /// An element that is not complete when more than max_element_bytes of it have come is an error.
    resp_reader(reply_handler& handler, std::size_t max_element_bytes,
                reply_limits const& limits = {})
        : handler_(&handler), max_element_bytes_(max_element_bytes),
          max_line_bytes_(limits.max_line_bytes), elements_(limits.max_elements),
          kept_(limits.max_elements) {
        reset();
    }

    resp_reader(resp_reader const&) = delete;
    resp_reader& operator=(resp_reader const&) = delete;

    /// Forgets all; for a new connection.
    void reset() {
        reader_.reset(redisReaderCreateWithFunctions(&functions()));
        if (!reader_)
            throw std::bad_alloc();
        reader_->privdata = this;
        // The buffer is kept when it runs empty: freeing it would cost an allocation per read.
        reader_->maxbuf = largest_idle_buffer;
    }

    /// Hands the handler every reply that is complete with these bytes.
    /// Errors: protocol_error, payload_too_large; then only reset helps.
    std::error_code feed(std::string_view bytes) {
        while (!bytes.empty()) {
            auto const part = bytes.substr(0, slice);
            bytes.remove_prefix(part.size());
            if (redisReaderFeed(reader_.get(), part.data(), part.size()) != REDIS_OK)
                return errc::protocol_error;
            if (auto const error = read_replies())
                return error;
        }
        return {};
    }

private:
    // hiredis moves what is left of its buffer after each reply, so that large feeds cost much.
    static constexpr std::size_t slice = std::size_t{4} << 10;
    static constexpr std::size_t largest_idle_buffer = std::size_t{1} << 20;

#if HIREDIS_MAJOR >= 1
    using count = std::size_t;
#else
    using count = int;
#endif

    struct free_reader {
        void operator()(redisReader* r) const noexcept { redisReaderFree(r); }
    };

    std::error_code read_replies() {
        void* complete = nullptr;
        do {
            complete = nullptr;
            if (redisReaderGetReply(reader_.get(), &complete) != REDIS_OK)
                return errc::protocol_error;
        } while (complete != nullptr);
        std::string_view const rest{reader_->buf + reader_->pos, reader_->len - reader_->pos};
        if (rest.size() > max_element_bytes_)
            return errc::payload_too_large;
        // hiredis looks for the end of a line from its beginning after each feed: an endless one
        // would take a time quadratic in its length. A bulk string's line is its short header.
        auto const line = rest.substr(0, max_line_bytes_);
        if (rest.size() > line.size() && line.find('\n') == rest.npos)
            return errc::protocol_error;
        return {};
    }

    /// Takes one value; null stops the reader with an error.
    void* take(redisReadTask const& task, value const& v) noexcept {
        if (task.parent == nullptr) {
            handler_->on_reply(reply{v, {}});
            return this;
        }
        if (task.parent->parent != nullptr)
            return nullptr;
        auto const index = static_cast<std::size_t>(task.idx);
        elements_[index] = v;
        if (index + 1 < size_)
            elements_[index].text = kept_[index].assign(v.text);
        else
            handler_->on_reply(reply{{.type = value::kind::array}, {elements_.data(), size_}});
        return this;
    }

    void* take_array(redisReadTask const& task, std::size_t size) noexcept {
        if (task.parent != nullptr || size > elements_.size())
            return nullptr;
        size_ = size;
        if (size == 0)
            handler_->on_reply(reply{{.type = value::kind::array}, {}});
        return this;
    }

    static resp_reader& self(redisReadTask const* task) noexcept {
        return *static_cast<resp_reader*>(task->privdata);
    }

    static void* on_string(redisReadTask const* task, char* text, std::size_t length) noexcept {
        auto const type = task->type == REDIS_REPLY_STATUS  ? value::kind::status
                          : task->type == REDIS_REPLY_ERROR ? value::kind::error
                                                            : value::kind::string;
        return self(task).take(*task, {.type = type, .text = {text, length}});
    }
    static void* on_array(redisReadTask const* task, count size) noexcept {
        return self(task).take_array(*task, static_cast<std::size_t>(size));
    }
    static void* on_integer(redisReadTask const* task, long long number) noexcept {
        return self(task).take(*task, {.type = value::kind::integer, .integer = number});
    }
    static void* on_nil(redisReadTask const* task) noexcept { return self(task).take(*task, {}); }
    static void on_free(void* /*reply*/) noexcept {}

#if HIREDIS_MAJOR >= 1
    // Of RESP3, which nobody asked for.
    static void* on_double(redisReadTask const* /*task*/, double /*number*/, char* /*text*/,
                           std::size_t /*length*/) noexcept {
        return nullptr;
    }
    static void* on_bool(redisReadTask const* /*task*/, int /*truth*/) noexcept { return nullptr; }
#endif

    static redisReplyObjectFunctions& functions() noexcept {
#if HIREDIS_MAJOR >= 1
        static redisReplyObjectFunctions all{on_string, on_array, on_integer, on_double,
                                             on_nil,    on_bool,  on_free};
#else
        static redisReplyObjectFunctions all{on_string, on_array, on_integer, on_nil, on_free};
#endif
        return all;
    }

    reply_handler* handler_;
    std::size_t max_element_bytes_;
    std::size_t max_line_bytes_;
    std::unique_ptr<redisReader, free_reader> reader_;
    std::size_t size_ = 0;
    std::vector<value> elements_;
    std::vector<std::string> kept_;
};

} // namespace hubbub::redis
