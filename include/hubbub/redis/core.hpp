// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/base/light_executor.hpp>
#include <hubbub/redis/connection.hpp>
#include <hubbub/redis/publish_session.hpp>
#include <hubbub/redis/shared.hpp>
#include <hubbub/redis/stream.hpp>
#include <hubbub/redis/subscribe_session.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

namespace hubbub::detail {

/// A Redis transport without its handle. The operations that are under way own the connections,
/// and these own it, so that it lives as long as there is something to carry out.
class redis_core final : public std::enable_shared_from_this<redis_core>, redis_links {
public:
    /// Makes the streams of a link: plain_streams, tls_streams.
    using stream_source = redis::stream_maker (*)(redis::options const&);

    /// Makes one that connects. Errors: throws std::invalid_argument, which names the option.
    static std::shared_ptr<redis_core> open(asio::any_io_executor const& executor,
                                            redis::options const& o, stream_source streams);

    /// Takes options that are checked.
    redis_core(asio::any_io_executor const& executor, redis::options const& o);

    asio::any_io_executor const& executor() const noexcept { return executor_; }
    observers& listeners() noexcept { return shared_.listeners; }
    link_state state() const noexcept { return shared_.watch.state(); }
    statistics read_statistics() const;
    message_limits const& limits() const noexcept { return options_.limits; }

    std::error_code publish(message_view const& message, publish_completion done);
    void wait_for_room(std::size_t bytes, completion<std::error_code> done);
    void flush(completion<std::error_code> done);
    void drain(completion<std::error_code> done);

    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion done);
    void unsubscribe(topic_filter const& what, message_sink const& s);

    void close();

private:
    void start(redis::stream_maker const& streams);

    void give_up(std::error_code reason) override;
    void send_probe() override;
    void on_probe_published(std::uint64_t number, std::error_code error, receiver_count receivers);

    /// Makes a link write what is queued, on its executor.
    void write_soon(std::weak_ptr<redis::connection> const& link);

    /// Closes both links and ends what waits, on the links' executor.
    void end(std::error_code reason);
    void end_as_closed();

    redis::options const options_;
    strand const strand_;
    asio::any_io_executor const executor_; // the same, as users get it
    std::string const probe_topic_;
    redis_shared shared_;
    publish_session publishing_;
    subscribe_session receiving_;
    std::weak_ptr<redis::connection> publisher_;
    std::weak_ptr<redis::connection> receiver_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/core.ipp>
#endif
