// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/connection.hpp>

#include <asio/buffer.hpp>
#include <asio/ip/address.hpp>
#include <asio/local/stream_protocol.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::redis {
namespace detail {

HUBBUB_DECL std::size_t most_element_bytes(message_limits const& limits) {
    constexpr std::size_t framing = 4096;
    return limits.max_payload_bytes + 2 * limits.max_name_bytes + framing;
}

} // namespace detail

HUBBUB_DECL connection::connection(hubbub::detail::strand executor, options const& o,
                                   stream_maker const& make_stream, std::shared_ptr<session> s)
    : options_(o), executor_(std::move(executor)), session_(std::move(s)),
      stream_(make_stream(executor_)), resolver_(executor_), timer_(executor_),
      lifecycle_(options_, std::random_device{}(), session_->subscribes()),
      reader_(*this, detail::most_element_bytes(options_.limits), options_.replies) {}

HUBBUB_DECL void connection::close() {
    closed_ = true;
    perform(lifecycle_.close());
    timer_.cancel();
}

HUBBUB_DECL void connection::flush() {
    if (writing_ || !lifecycle_.running())
        return;
    write(session_->output());
    arm_timer(); // for an answer, perhaps
}

HUBBUB_DECL void connection::arm_timer() {
    auto const next = std::min(lifecycle_.deadline(), session_->deadline());
    if (closed_ || next >= armed_)
        return; // an earlier wake-up arms the timer again
    armed_ = next;
    timer_.expires_at(next);
    timer_.async_wait(then<&connection::on_timer>());
}

HUBBUB_DECL void connection::perform(action a) {
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

HUBBUB_DECL void connection::open() {
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
        [self = shared_from_this()](std::error_code error,
                                    asio::ip::tcp::resolver::results_type const& results) {
            if (self->ended(error))
                return;
            std::vector<endpoint> endpoints;
            for (auto const& result : results)
                endpoints.emplace_back(result.endpoint());
            self->connect(std::move(endpoints));
        });
}

HUBBUB_DECL void connection::connect(std::vector<endpoint> endpoints) {
    ++under_way_;
    stream_->async_connect(std::move(endpoints), then<&connection::on_connected>());
}

HUBBUB_DECL void connection::on_connected(std::error_code error, std::size_t /*bytes*/) {
    if (!ended(error))
        perform(lifecycle_.on_connected());
}

HUBBUB_DECL void connection::greet() {
    greeting_ = lifecycle_.greeting();
    // A server that refuses a client says why and closes, which the next write would run into.
    read();
    write(greeting_);
}

HUBBUB_DECL void connection::run() {
    stream_->settle();
    session_->on_run(lifecycle_.was_cut_off());
    flush();
}

HUBBUB_DECL void connection::drop() {
    stream_->close();
    resolver_.cancel();
    if (under_way_ == 0)
        asio::post(executor_, then<&connection::dropped>());
}

HUBBUB_DECL void connection::dropped() {
    if (closed_)
        return;
    greeting_.clear();
    session_->on_down();
    perform(lifecycle_.on_dropped(clock::now()));
}

HUBBUB_DECL void connection::read() {
    ++under_way_;
    stream_->async_read_some(asio::buffer(*buffer_), then<&connection::on_read>());
}

HUBBUB_DECL void connection::on_read(std::error_code error, std::size_t bytes) {
    if (!ended(error))
        received({buffer_->data(), bytes});
}

HUBBUB_DECL void connection::received(std::string_view bytes) {
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

HUBBUB_DECL void connection::on_reply(reply const& r) noexcept {
    if (closed_ || fault_)
        return;
    if (lifecycle_.running())
        fault_ = session_->on_reply(r);
    else
        perform(lifecycle_.on_reply(r, clock::now()));
}

HUBBUB_DECL void connection::on_timer(std::error_code error, std::size_t /*bytes*/) {
    if (!error && !closed_)
        tick();
}

HUBBUB_DECL void connection::tick() {
    armed_ = time_point::max();
    auto const now = clock::now();
    if (auto const error = session_->tick(now))
        return perform(lifecycle_.on_error(error, now));
    flush();
    perform(lifecycle_.tick(now));
}

HUBBUB_DECL void connection::write(std::string_view bytes) {
    if (bytes.empty())
        return;
    ++under_way_;
    writing_ = true;
    stream_->async_write_some(asio::buffer(bytes), then<&connection::on_written>());
}

HUBBUB_DECL void connection::on_written(std::error_code error, std::size_t bytes) {
    writing_ = false;
    wrote(bytes);
    if (!ended(error))
        write_more();
}

HUBBUB_DECL void connection::wrote(std::size_t n) {
    if (!greeting_.empty()) {
        greeting_.erase(0, n);
    } else if (!closed_) {
        session_->wrote(n);
        lifecycle_.on_written(n, clock::now());
    }
}

HUBBUB_DECL void connection::write_more() {
    if (!greeting_.empty())
        write(greeting_);
    else
        flush();
}

HUBBUB_DECL bool connection::ended(std::error_code error) {
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
    perform(lifecycle_.on_error(stream_->reason(error), clock::now()));
    return true;
}

} // namespace hubbub::redis
