// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/resp.hpp>

#include <hubbub/error.hpp>

#include <hiredis/hiredis.h>

#include <cstddef>
#include <new>
#include <string_view>
#include <system_error>

namespace hubbub::redis {

struct resp_reader::functions {
#if HIREDIS_MAJOR >= 1
    using count = std::size_t;
#else
    using count = int;
#endif

    static resp_reader& self(redisReadTask const* task) noexcept {
        return *static_cast<resp_reader*>(task->privdata);
    }

    /// Takes one value; null stops the reader with an error.
    static void* take(redisReadTask const* task, value const& v) noexcept {
        auto& reader = self(task);
        if (task->parent == nullptr) {
            reader.handler_->on_reply(reply{v, {}});
            return &reader;
        }
        if (task->parent->parent != nullptr)
            return nullptr;
        auto const index = static_cast<std::size_t>(task->idx);
        reader.elements_[index] = v;
        if (index + 1 < reader.size_)
            reader.elements_[index].text = reader.kept_[index].assign(v.text);
        else
            reader.handler_->on_reply(
                reply{{.type = value::kind::array}, {reader.elements_.data(), reader.size_}});
        return &reader;
    }

    static void* on_string(redisReadTask const* task, char* text, std::size_t length) noexcept {
        auto const type = task->type == REDIS_REPLY_STATUS  ? value::kind::status
                          : task->type == REDIS_REPLY_ERROR ? value::kind::error
                                                            : value::kind::string;
        return take(task, {.type = type, .text = {text, length}});
    }
    static void* on_array(redisReadTask const* task, count elements) noexcept {
        auto& reader = self(task);
        auto const size = static_cast<std::size_t>(elements);
        if (task->parent != nullptr || size > reader.elements_.size())
            return nullptr;
        reader.size_ = size;
        if (size == 0)
            reader.handler_->on_reply(reply{{.type = value::kind::array}, {}});
        return &reader;
    }
    static void* on_integer(redisReadTask const* task, long long number) noexcept {
        return take(task, {.type = value::kind::integer, .integer = number});
    }
    static void* on_nil(redisReadTask const* task) noexcept { return take(task, {}); }
    static void on_free(void* /*reply*/) noexcept {}

#if HIREDIS_MAJOR >= 1
    // Of RESP3, which nobody asked for.
    static void* on_double(redisReadTask const* /*task*/, double /*number*/, char* /*text*/,
                           std::size_t /*length*/) noexcept {
        return nullptr;
    }
    static void* on_bool(redisReadTask const* /*task*/, int /*truth*/) noexcept { return nullptr; }
#endif

    static redisReplyObjectFunctions& all() noexcept {
#if HIREDIS_MAJOR >= 1
        static redisReplyObjectFunctions all{on_string, on_array, on_integer, on_double,
                                             on_nil,    on_bool,  on_free};
#else
        static redisReplyObjectFunctions all{on_string, on_array, on_integer, on_nil, on_free};
#endif
        return all;
    }
};

HUBBUB_DECL void resp_reader::free_reader::operator()(redisReader* r) const noexcept {
    redisReaderFree(r);
}

HUBBUB_DECL resp_reader::resp_reader(reply_handler& handler, std::size_t max_element_bytes,
                                     reply_limits const& limits)
    : handler_(&handler), max_element_bytes_(max_element_bytes),
      max_line_bytes_(limits.max_line_bytes), elements_(limits.max_elements),
      kept_(limits.max_elements) {
    reset();
}

HUBBUB_DECL void resp_reader::reset() {
    // The buffer is kept when it runs empty: freeing it would cost an allocation per read.
    constexpr std::size_t largest_idle_buffer = std::size_t{1} << 20;
    reader_.reset(redisReaderCreateWithFunctions(&functions::all()));
    if (!reader_)
        throw std::bad_alloc();
    reader_->privdata = this;
    reader_->maxbuf = largest_idle_buffer;
}

HUBBUB_DECL std::error_code resp_reader::feed(std::string_view bytes) {
    // hiredis moves what is left of its buffer after each reply, so that large feeds cost much.
    constexpr std::size_t slice = std::size_t{4} << 10;
    while (!bytes.empty()) {
        auto const part = bytes.substr(0, slice);
        bytes.remove_prefix(part.size());
        if (redisReaderFeed(reader_.get(), part.data(), part.size()) != REDIS_OK)
            return redis_errc::protocol_error;
        if (auto const error = read_replies())
            return error;
    }
    return {};
}

HUBBUB_DECL std::error_code resp_reader::read_replies() {
    void* complete = nullptr;
    do {
        complete = nullptr;
        if (redisReaderGetReply(reader_.get(), &complete) != REDIS_OK)
            return redis_errc::protocol_error;
    } while (complete != nullptr);
    std::string_view const rest{reader_->buf + reader_->pos, reader_->len - reader_->pos};
    if (rest.size() > max_element_bytes_)
        return errc::payload_too_large;
    // hiredis looks for the end of a line from its beginning after each feed: an endless one
    // would take a time quadratic in its length. A bulk string's line is its short header.
    auto const line = rest.substr(0, max_line_bytes_);
    if (rest.size() > line.size() && line.find('\n') == rest.npos)
        return redis_errc::protocol_error;
    return {};
}

} // namespace hubbub::redis
