// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/base/light_executor.hpp>
#include <hubbub/redis/clock.hpp>
#include <hubbub/redis/lifecycle.hpp>
#include <hubbub/redis/resp.hpp>
#include <hubbub/redis/session.hpp>
#include <hubbub/redis/stream.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hubbub::redis {

/// Carries the actions of a lifecycle and a session out over Asio: one stream, one read and one
/// write at a time, one timer. It decides nothing.
///
/// All functions are called on its executor, which runs one thing at a time (a strand).
class connection final : public std::enable_shared_from_this<connection>, reply_handler {
public:
    connection(hubbub::detail::strand executor, options const& o, stream_maker const& make_stream,
               std::shared_ptr<session> s);

    void start() { perform(lifecycle_.start(clock::now())); }

    /// Closes the link for good; the session is not called again.
    void close();

    /// Writes what the session has, unless a write is under way: then that is followed by another.
    void flush();

    /// The session's deadline may have come nearer.
    void arm_timer();

private:
    using endpoint = stream::endpoint;
    using action = lifecycle::action;

    void perform(action a);
    void open();
    void connect(std::vector<endpoint> endpoints);
    void on_connected(std::error_code error, std::size_t bytes);
    void greet();
    void run();

    /// Closes the stream; whichever operation ends last goes on in dropped().
    void drop();
    void dropped();

    void read();
    void on_read(std::error_code error, std::size_t bytes);
    void received(std::string_view bytes);
    void on_reply(reply const& r) noexcept override;

    void on_timer(std::error_code error, std::size_t bytes);
    void tick();

    void write(std::string_view bytes);
    void on_written(std::error_code error, std::size_t bytes);
    void wrote(std::size_t n);
    void write_more();

    /// Counts an operation off. True if it was the last of a link that falls, or made it fall:
    /// then there is nothing more to do.
    bool ended(std::error_code error);

    /// A handler that keeps this alive.
    template <auto Function>
    link_handler then() {
        return link_handler::of<Function>(shared_from_this());
    }

    static constexpr std::size_t read_size = std::size_t{64} << 10;

    options const options_;
    hubbub::detail::strand const executor_;
    std::shared_ptr<session> const session_;
    std::unique_ptr<stream> const stream_;
    asio::ip::basic_resolver<asio::ip::tcp, hubbub::detail::strand> resolver_;
    asio::basic_waitable_timer<clock, asio::wait_traits<clock>, hubbub::detail::strand> timer_;
    lifecycle lifecycle_;
    resp_reader reader_;
    std::unique_ptr<std::array<char, read_size>> buffer_ =
        std::make_unique<std::array<char, read_size>>();
    std::string greeting_; // what of it is not written yet
    time_point armed_ = time_point::max();
    std::error_code fault_;
    int under_way_ = 0;
    bool writing_ = false;
    bool closed_ = false;
};

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/connection.ipp>
#endif
