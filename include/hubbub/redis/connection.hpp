// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/light_executor.hpp>
#include <hubbub/redis/lifecycle.hpp>
#include <hubbub/redis/plain_stream.hpp>
#include <hubbub/redis/resp.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::redis {

/// What a link is for. All functions are called on the link's executor.
class session {
public:
    session() = default;
    session(session const&) = delete;
    session& operator=(session const&) = delete;
    virtual ~session() = default;

    /// Whether the link will subscribe, so that Redis may cut it off when it is slow.
    virtual bool subscribes() const = 0;

    /// The link is up; output() may be asked for. was: how the link before ended.
    virtual void on_run(lifecycle::cut_off was) = 0;
    /// The link fell, or an attempt failed; nothing of it is under way any more.
    virtual void on_down() = 0;
    /// Why it did; the next attempt follows in wait.
    virtual void on_retry(std::error_code reason, unsigned attempts,
                          std::chrono::milliseconds wait) = 0;
    /// Why it did; there will be no other attempt.
    virtual void on_give_up(std::error_code reason) = 0;

    /// A reply. Errors: that of a server that talks nonsense; then the link is dropped.
    virtual std::error_code on_reply(reply const& r) noexcept = 0;
    /// All replies of one read were handed over.
    virtual void on_replies_end() = 0;

    /// What is to be written next, valid until wrote. Empty if nothing is: then the session calls
    /// connection::flush when there is something again.
    virtual std::string_view output() = 0;
    virtual void wrote(std::size_t bytes) = 0;
    /// Returns how many bytes are to be written until it is out; zero if the session itself sees to
    /// it that it is answered.
    virtual std::size_t push_ping() = 0;

    /// A timer of the session's own. Errors: why the link must be dropped.
    virtual std::error_code tick(time_point now) = 0;
    virtual time_point deadline() = 0;
};

/// Carries the actions of a lifecycle and a session out over Asio: one stream, one read and one
/// write at a time, one timer. It decides nothing. Stream is plain_stream or tls_stream.
///
/// All functions are called on its executor, which runs one thing at a time (a strand).
template <class Stream>
class connection final : public std::enable_shared_from_this<connection<Stream>>, reply_handler {
public:
    connection(hubbub::detail::strand executor, options const& o,
               typename Stream::context const& shared, std::shared_ptr<session> s)
        : options_(o), executor_(std::move(executor)), session_(std::move(s)),
          stream_(shared, executor_), resolver_(executor_), timer_(executor_),
          lifecycle_(options_, std::random_device{}(), session_->subscribes()),
          reader_(*this, most_element_bytes(options_.limits), options_.replies) {}

    void start() { perform(lifecycle_.start(clock::now())); }

    /// Closes the link for good; the session is not called again.
    void close() {
        closed_ = true;
        perform(lifecycle_.close());
        timer_.cancel();
    }

    /// Writes what the session has, unless a write is under way: then that is followed by another.
    void flush() {
        if (writing_ || !lifecycle_.running())
            return;
        write(session_->output());
        arm_timer(); // for an answer, perhaps
    }

    /// The session's deadline may have come nearer.
    void arm_timer() {
        auto const next = std::min(lifecycle_.deadline(), session_->deadline());
        if (closed_ || next >= armed_)
            return; // an earlier wake-up arms the timer again
        armed_ = next;
        timer_.expires_at(next);
        timer_.async_wait([self = this->shared_from_this()](std::error_code error) {
            if (!error && !self->closed_)
                self->tick();
        });
    }

private:
    using endpoint = plain_stream::endpoint;
    using action = lifecycle::action;

    static std::size_t most_element_bytes(message_limits const& limits) {
        constexpr std::size_t framing = 4096;
        return limits.max_payload_bytes + 2 * limits.max_name_bytes + framing;
    }

    void perform(action a) {
        switch (a) {
        case action::none: break;
        case action::open: open(); break;
        case action::greet: greet(); break;
        case action::run: run(); break;
        case action::ping:
            lifecycle_.on_asked(session_->push_ping());
            flush();
            break;
        case action::drop: drop(); break;
        case action::retry:
            session_->on_retry(lifecycle_.reason(), lifecycle_.attempts(), lifecycle_.wait());
            break;
        case action::give_up: session_->on_give_up(lifecycle_.reason()); break;
        }
        arm_timer();
    }

    void open() {
        reader_.reset();
        if (!options_.unix_socket.empty())
            return connect({asio::local::stream_protocol::endpoint(options_.unix_socket)});
        std::error_code no_address;
        auto const address = asio::ip::make_address(options_.host, no_address);
        if (!no_address)
            return connect({asio::ip::tcp::endpoint(address, options_.port)});
        ++under_way_;
        resolver_.async_resolve(
            options_.host, std::to_string(options_.port),
            [self = this->shared_from_this()](std::error_code error, auto const& results) {
                if (self->ended(error))
                    return;
                std::vector<endpoint> endpoints;
                for (auto const& result : results)
                    endpoints.emplace_back(result.endpoint());
                self->connect(std::move(endpoints));
            });
    }

    void connect(std::vector<endpoint> endpoints) {
        ++under_way_;
        stream_.async_connect(std::move(endpoints),
                              [self = this->shared_from_this()](std::error_code error) {
                                  if (!self->ended(error))
                                      self->perform(self->lifecycle_.on_connected());
                              });
    }

    void greet() {
        greeting_ = lifecycle_.greeting();
        // A server that refuses a client says why and closes, which the next write would run into.
        read();
        write(greeting_);
    }

    void run() {
        stream_.settle();
        session_->on_run(lifecycle_.was_cut_off());
        flush();
    }

    /// Closes the stream; whichever operation ends last goes on in dropped().
    void drop() {
        stream_.close();
        resolver_.cancel();
        if (under_way_ == 0)
            asio::post(executor_, [self = this->shared_from_this()] { self->dropped(); });
    }

    void dropped() {
        if (closed_)
            return;
        greeting_.clear();
        session_->on_down();
        perform(lifecycle_.on_dropped(clock::now()));
    }

    void read() {
        ++under_way_;
        stream_.async_read_some(asio::buffer(*buffer_), [self = this->shared_from_this()](
                                                            std::error_code error, std::size_t n) {
            if (!self->ended(error))
                self->received({self->buffer_->data(), n});
        });
    }

    void received(std::string_view bytes) {
        lifecycle_.on_bytes(clock::now(), bytes.size() == read_size);
        fault_ = {};
        auto error = reader_.feed(bytes);
        if (closed_ || lifecycle_.dropping())
            return;
        session_->on_replies_end();
        flush();
        if (closed_)
            return;
        if (fault_)
            error = fault_;
        if (error)
            return perform(lifecycle_.on_error(error, clock::now()));
        read();
        arm_timer();
    }

    void on_reply(reply const& r) noexcept override {
        if (closed_ || fault_)
            return;
        if (lifecycle_.running())
            fault_ = session_->on_reply(r);
        else
            perform(lifecycle_.on_reply(r, clock::now()));
    }

    void tick() {
        armed_ = time_point::max();
        auto const now = clock::now();
        if (auto const error = session_->tick(now))
            return perform(lifecycle_.on_error(error, now));
        flush();
        perform(lifecycle_.tick(now));
    }

    void write(std::string_view bytes) {
        if (bytes.empty())
            return;
        ++under_way_;
        writing_ = true;
        stream_.async_write_some(asio::buffer(bytes), [self = this->shared_from_this()](
                                                          std::error_code error, std::size_t n) {
            self->writing_ = false;
            self->wrote(n);
            if (!self->ended(error))
                self->write_more();
        });
    }

    void wrote(std::size_t n) {
        if (!greeting_.empty()) {
            greeting_.erase(0, n);
        } else if (!closed_) {
            session_->wrote(n);
            lifecycle_.on_written(n, clock::now());
        }
    }

    void write_more() {
        if (!greeting_.empty())
            write(greeting_);
        else
            flush();
    }

    /// Counts an operation off. True if it was the last of a link that falls, or made it fall:
    /// then there is nothing more to do.
    bool ended(std::error_code error) {
        --under_way_;
        if (closed_)
            return true;
        if (lifecycle_.dropping()) {
            if (under_way_ == 0)
                dropped();
            return true;
        }
        if (!error)
            return false;
        perform(lifecycle_.on_error(stream_.reason(error), clock::now()));
        return true;
    }

    static constexpr std::size_t read_size = std::size_t{64} << 10;

    options const options_;
    hubbub::detail::strand const executor_;
    std::shared_ptr<session> const session_;
    Stream stream_;
    asio::ip::basic_resolver<asio::ip::tcp, hubbub::detail::strand> resolver_;
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, hubbub::detail::strand>
        timer_;
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
