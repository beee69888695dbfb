// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/redis/reply.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

struct redisReader; // hiredis's

namespace hubbub::redis {

/// Cuts a stream of bytes into replies, by hiredis's reader, without an allocation per reply: the
/// last element of a reply is a view into the reader's buffer.
///
/// hiredis moves its buffer before it returns a reply, so a reply is handed over from within, when
/// its last element is there; and the elements before it are copied, since the reply may come in
/// pieces. The handler may destroy what it likes but this object.
class resp_reader {
public:
    /// An element that is not complete when more than max_element_bytes of it have come is an
    /// error.
    resp_reader(reply_handler& handler, std::size_t max_element_bytes,
                reply_limits const& limits = {});

    resp_reader(resp_reader const&) = delete;
    resp_reader& operator=(resp_reader const&) = delete;

    /// Forgets all; for a new connection.
    void reset();

    /// Hands the handler every reply that is complete with these bytes.
    /// Errors: protocol_error, payload_too_large; then only reset helps.
    std::error_code feed(std::string_view bytes);

private:
    /// The functions that hiredis calls.
    struct functions;

    struct free_reader {
        void operator()(redisReader* r) const noexcept;
    };

    std::error_code read_replies();

    reply_handler* handler_;
    std::size_t max_element_bytes_;
    std::size_t max_line_bytes_;
    std::unique_ptr<redisReader, free_reader> reader_;
    std::size_t size_ = 0;
    std::vector<value> elements_;
    std::vector<std::string> kept_;
};

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/resp.ipp>
#endif
