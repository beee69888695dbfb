// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/core.hpp>

#include <hubbub/base/bounded.hpp>
#include <hubbub/base/option_check.hpp>
#include <hubbub/base/random_id.hpp>
#include <hubbub/flow/limits.hpp>

#include <asio/dispatch.hpp>

#include <sys/un.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL redis::options checked(redis::options o) {
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
    check.require(o.limits.max_name_bytes <= redis::max_argument_bytes, "limits.max_name_bytes",
                  "is above the 512 MB that Redis takes");
    check.require(o.limits.max_payload_bytes <= redis::max_argument_bytes,
                  "limits.max_payload_bytes", "is above the 512 MB that Redis takes");
    check.require(static_cast<bool>(o.gives_up_on), "gives_up_on",
                  "is empty; to go on whatever happens, let it return false");
    check.require(o.replies.max_elements >= redis::reply_limits{}.max_elements,
                  "replies.max_elements",
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

/// Returns what stands before each topic in the name of its channel.
HUBBUB_DECL std::string channel_prefix(redis::options const& o) {
    return o.app.empty() ? std::string() : o.app + ":";
}

HUBBUB_DECL std::shared_ptr<redis_core> redis_core::open(asio::any_io_executor const& executor,
                                                         redis::options const& o,
                                                         stream_source streams) {
    auto const options = checked(o);
    auto const made = streams(options);
    auto core = std::make_shared<redis_core>(executor, options);
    core->start(made);
    return core;
}

HUBBUB_DECL redis_core::redis_core(asio::any_io_executor const& executor, redis::options const& o)
    : options_(o), strand_(light_executor(executor)), executor_(strand_),
      probe_topic_("hubbub.probe." + random_id(executor_)), shared_(options_, *this),
      publishing_(shared_, options_.limits, channel_prefix(options_)),
      receiving_(shared_, options_, channel_prefix(options_), probe_topic_) {}

HUBBUB_DECL void redis_core::start(redis::stream_maker const& streams) {
    auto const connect = [&](redis::session& s) {
        return std::make_shared<redis::connection>(
            strand_, options_, streams, std::shared_ptr<redis::session>(shared_from_this(), &s));
    };
    auto const publisher = connect(publishing_);
    auto const receiver = connect(receiving_);
    publisher_ = publisher; // before either can end what it finds here
    receiver_ = receiver;
    for (auto const& link : {publisher, receiver})
        asio::post(strand_, redis::link_handler::of<&redis::connection::start>(link));
    if (options_.probe_interval > std::chrono::milliseconds::zero())
        subscribe(probe_topic_, std::make_shared<probe_sink>(shared_), {});
}

HUBBUB_DECL statistics redis_core::read_statistics() const {
    auto s = shared_.ledger.read();
    publishing_.add_to(s);
    s.probe_round_trip =
        std::chrono::duration_cast<std::chrono::microseconds>(shared_.probe_round_trip.load());
    return s;
}

HUBBUB_DECL std::error_code redis_core::publish(message_view const& message,
                                                publish_completion done) {
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
        done(error, {});
    } else {
        shared_.ledger.count(shared_.ledger.payload_bytes, message.counted, message.payload.size());
    }
    if (wake)
        write_soon(publisher_);
    return error;
}

HUBBUB_DECL void redis_core::wait_for_room(std::size_t bytes, completion<std::error_code> done) {
    publishing_.wait_for_room(bytes, std::move(done));
}

HUBBUB_DECL void redis_core::flush(completion<std::error_code> done) {
    publishing_.flush(std::move(done));
}

HUBBUB_DECL void redis_core::drain(completion<std::error_code> done) {
    publishing_.drain(std::move(done));
}

HUBBUB_DECL std::error_code redis_core::subscribe(topic_filter const& what,
                                                  std::shared_ptr<message_sink> const& s,
                                                  subscribe_completion done) {
    bool wake = false;
    auto error = check_name(options_.limits, what.name);
    if (!error)
        error = receiving_.subscribe(what, s, done, wake);
    if (error)
        done(error);
    if (wake)
        write_soon(receiver_);
    return error;
}

HUBBUB_DECL void redis_core::unsubscribe(topic_filter const& what, message_sink const& s) {
    if (!receiving_.unsubscribe(what, s))
        return;
    if (auto link = receiver_.lock())
        asio::dispatch(strand_,
                       redis::link_handler::of<&redis::connection::arm_timer>(std::move(link)));
}

HUBBUB_DECL void redis_core::close() {
    if (!shared_.watch.close())
        return;
    publishing_.refuse_all(errc::closed);
    receiving_.refuse_all(errc::closed);
    asio::dispatch(strand_,
                   redis::link_handler::of<&redis_core::end_as_closed>(shared_from_this()));
}

HUBBUB_DECL void redis_core::give_up(std::error_code reason) {
    if (shared_.watch.fail(reason))
        end(reason);
}

HUBBUB_DECL void redis_core::send_probe() {
    auto const number = shared_.probe.number();
    publishing_.push_probe(
        probe_topic_, std::to_string(number),
        {executor_, [weak = weak_from_this(), number](std::error_code error, receiver_count got) {
             if (auto const core = weak.lock())
                 core->on_probe_published(number, error, got);
         }});
    write_soon(publisher_);
}

HUBBUB_DECL void redis_core::on_probe_published(std::uint64_t number, std::error_code error,
                                                receiver_count receivers) {
    shared_.probe.on_published(number, error, receivers, redis::clock::now());
    if (auto const link = receiver_.lock())
        link->arm_timer();
}

HUBBUB_DECL void redis_core::write_soon(std::weak_ptr<redis::connection> const& link) {
    if (auto present = link.lock())
        asio::dispatch(strand_,
                       redis::link_handler::of<&redis::connection::flush>(std::move(present)));
}

HUBBUB_DECL void redis_core::end(std::error_code reason) {
    publishing_.refuse_all(reason);
    receiving_.refuse_all(reason);
    for (auto const& link : {publisher_, receiver_})
        if (auto const connection = link.lock())
            connection->close();
    publishing_.end();
    receiving_.end();
}

HUBBUB_DECL void redis_core::end_as_closed() {
    end(errc::closed);
}

} // namespace hubbub::detail
