// SPDX-License-Identifier: MIT
#pragma once

#include "soak_receipts.hpp"
#include "soak_settings.hpp"

#include <hubbub/flow/topic_table.hpp>
#include <hubbub/sequenced/frame.hpp>
#include <hubbub/transport/redis.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <asio/io_context.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace bench {

/// Which stream is whose: what a gap names a stream by only its publisher's bus knows.
class soak_streams {
public:
    /// What is on its way to Redis. Each stream begins with number 1.
    void note(std::string_view payload) {
        auto const frame = hubbub::detail::sequence_frame::parse(payload);
        if (!frame || frame->is_beacon || frame->number != 1)
            return;
        if (auto const m = soak_message::decode(frame->payload))
            streams_.emplace(frame->stream, *m);
    }

    /// The message with this number in the stream, if there is such a stream.
    std::optional<soak_message> find(std::string_view stream, std::uint64_t number) const {
        auto const found = streams_.find(stream);
        if (found == streams_.end())
            return std::nullopt;
        auto m = found->second;
        m.number += number - 1;
        return m;
    }

private:
    hubbub::detail::string_map<soak_message> streams_; // the first message of each
};

/// A link to Redis that notes which streams go over it.
class noting_link : public hubbub::redis_transport {
public:
    noting_link(asio::io_context& io, soak_settings const& s, soak_streams& streams)
        : redis_transport(io.get_executor(), link_options(s)), streams_(&streams) {}

    std::error_code publish(hubbub::message_view const& message,
                            hubbub::publish_completion done = {}) {
        auto const error = redis_transport::publish(message, std::move(done));
        if (!error)
            streams_->note(message.payload);
        return error;
    }

private:
    soak_streams* streams_;
};

/// Makes the same of a link with numbers and of one without.
template <class Transport>
struct soak_link;

template <>
struct soak_link<hubbub::redis_transport> {
    soak_link(asio::io_context& io, soak_settings const& s, soak_streams& /*none*/)
        : transport(io.get_executor(), link_options(s)) {}
    hubbub::redis_transport transport;
};

template <>
struct soak_link<hubbub::sequenced<noting_link>> {
    soak_link(asio::io_context& io, soak_settings const& s, soak_streams& streams)
        : link(io, s, streams), transport(link) {}
    noting_link link;
    hubbub::sequenced<noting_link> transport;
};

} // namespace bench
