// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/bounded.hpp>
#include <hubbub/base/option_check.hpp>
#include <hubbub/base/random_id.hpp>
#include <hubbub/flow/limits.hpp>
#include <hubbub/redis/connection.hpp>
#include <hubbub/redis/publish_session.hpp>
#include <hubbub/redis/shared.hpp>
#include <hubbub/redis/subscribe_session.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <sys/un.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// A redis_transport without its handle. The operations that are under way own the connections,
/// and these own it, so that it lives as long as there is something to carry out.
template <class Stream>
class redis_core : public std::enable_shared_from_this<redis_core<Stream>> {
public:
    redis_core(asio::any_io_executor const& executor, redis::options const& o)
        : options_(checked(o)), context_(options_), strand_(light_executor(executor)),
          executor_(strand_), shared_(options_),
          publishing_(shared_, options_.limits, prefix(options_)),
          receiving_(shared_, options_, prefix(options_), probe_topic_) {}

    /// Begins to connect. Apart from the constructor, which has no shared_ptr yet.
    void start() {
        shared_.give_up = [this](std::error_code reason) {
            if (shared_.watch.fail(reason))
                end(reason);
        };
        shared_.send_probe = [this] { send_probe(); };
        auto const publisher = connect(publishing_);
        auto const receiver = connect(receiving_);
        publisher_ = publisher; // before either can end what it finds here
        receiver_ = receiver;
        for (auto const& link : {publisher, receiver})
            asio::post(strand_, [link] { link->start(); });
        if (options_.probe_interval > std::chrono::milliseconds::zero())
            subscribe(probe_topic_, std::make_shared<probe_sink>(shared_), {});
    }

    asio::any_io_executor const& executor() const noexcept { return executor_; }
    observers& listeners() noexcept { return shared_.listeners; }
    link_state state() const noexcept { return shared_.watch.state(); }

    statistics read_statistics() const {
        auto s = shared_.ledger.read();
        publishing_.add_to(s);
        s.probe_round_trip =
            std::chrono::duration_cast<std::chrono::microseconds>(shared_.probe_round_trip.load());
        return s;
    }

    message_limits const& limits() const noexcept { return options_.limits; }

    std::error_code publish(message_view const& message, publish_completion done) {
        shared_.ledger.begin(message.counted);
        bool wake = false;
        auto error = check_message(options_.limits, message);
        try {
            if (!error)
                error = publishing_.push(message, done, wake);
        } catch (...) { // no memory: it was not accepted, and its caller knows
            shared_.ledger.refuse(message.counted, {});
            throw;
        }
        if (error) {
            shared_.ledger.refuse(message.counted, error);
            done(error, 0);
        } else {
            shared_.ledger.count(shared_.ledger.payload_bytes, message.counted,
                                 message.payload.size());
        }
        if (wake)
            flush(publisher_);
        return error;
    }

    void wait_for_room(std::size_t bytes, completion<std::error_code> done) {
        publishing_.wait_for_room(bytes, std::move(done));
    }

    void drain(completion<std::error_code> done) { publishing_.drain(std::move(done)); }

    std::error_code subscribe(interest const& what, std::shared_ptr<sink> const& s,
                              subscribe_completion done) {
        bool wake = false;
        auto error = check_name(options_.limits, what.name);
        if (!error)
            error = receiving_.subscribe(what, s, done, wake);
        if (error)
            done(error);
        if (wake)
            flush(receiver_);
        return error;
    }

    void unsubscribe(interest const& what, sink const& s) {
        if (receiving_.unsubscribe(what, s))
            asio::dispatch(strand_, [link = receiver_] { arm(link); });
    }

    void close() {
        if (!shared_.watch.close())
            return;
        publishing_.refuse_all(errc::closed);
        receiving_.refuse_all(errc::closed);
        asio::dispatch(strand_, [self = this->shared_from_this()] { self->end(errc::closed); });
    }

private:
    using redis_connection = redis::connection<Stream>;

    void send_probe() {
        auto const number = shared_.probe.number();
        publishing_.push_probe(
            probe_topic_, std::to_string(number),
            {executor_,
             [weak = this->weak_from_this(), number](std::error_code error, std::size_t receivers) {
                 auto const core = weak.lock();
                 if (!core)
                     return;
                 core->shared_.probe.on_published(number, error, receivers, redis::clock::now());
                 arm(core->receiver_);
             }});
        flush(publisher_);
    }

    static redis::options checked(redis::options o) {
        option_check const check("redis options");
        check.require(o.client_name.find_first_of(" \r\n") == std::string::npos, "client_name",
                      '"' + o.client_name + "\" has a space or a line break; Redis takes none");
        check.require(o.user.empty() || !o.password.empty(), "user",
                      '"' + o.user + "\" is given without a password");
        check.positive(o.connect_timeout, "connect_timeout");
        check.positive(o.ping_interval, "ping_interval");
        check.positive(o.response_timeout, "response_timeout");
        check.positive(o.reconnect_base, "reconnect_base");
        check.positive(o.reconnect_cap, "reconnect_cap");
        check.require(o.probe_interval >= std::chrono::milliseconds::zero(), "probe_interval",
                      "is negative; zero is never");
        check.require(static_cast<bool>(o.gives_up_on), "gives_up_on",
                      "is empty; to go on whatever happens, let it return false");
        check.require(
            o.replies.max_elements >= redis::reply_limits{}.max_elements, "replies.max_elements",
            "is " + std::to_string(o.replies.max_elements) + "; a message of Redis has 4");
        constexpr auto longest = sizeof(sockaddr_un{}.sun_path) - 1;
        check.require(o.unix_socket.size() <= longest, "unix_socket",
                      "is too long a path; a system takes " + std::to_string(longest) + " bytes");
        for (auto* const time :
             {&o.connect_timeout, &o.ping_interval, &o.response_timeout, &o.probe_interval,
              &o.reconnect_base, &o.reconnect_cap, &o.unsubscribe_linger})
            *time = bounded(*time);
        return o;
    }

    static std::string prefix(redis::options const& o) {
        return o.app.empty() ? std::string() : o.app + ":";
    }

    std::shared_ptr<redis_connection> connect(redis::session& s) {
        return std::make_shared<redis_connection>(
            strand_, options_, context_,
            std::shared_ptr<redis::session>(this->shared_from_this(), &s));
    }

    void flush(std::weak_ptr<redis_connection> const& link) {
        asio::dispatch(strand_, [weak = link] {
            if (auto const connection = weak.lock())
                connection->flush();
        });
    }

    /// On the strand.
    static void arm(std::weak_ptr<redis_connection> const& link) {
        if (auto const connection = link.lock())
            connection->arm_timer();
    }

    /// Closes both links and ends what waits, on the links' executor.
    void end(std::error_code reason) {
        publishing_.refuse_all(reason);
        receiving_.refuse_all(reason);
        for (auto const& link : {publisher_, receiver_})
            if (auto const connection = link.lock())
                connection->close();
        publishing_.end();
        receiving_.end();
    }

    redis::options const options_;
    typename Stream::context const context_;
    strand const strand_;
    asio::any_io_executor const executor_; // the same, as users get it
    std::string const probe_topic_ = "hubbub.probe." + random_id(executor_);
    redis_shared shared_;
    publish_session publishing_;
    subscribe_session receiving_;
    std::weak_ptr<redis_connection> publisher_;
    std::weak_ptr<redis_connection> receiver_;
};

} // namespace hubbub::detail
