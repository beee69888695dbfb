// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/observers.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/transport.hpp>

#include <support/borrowed.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace support {

/// A transport without a backplane. It records each step, which is a publish or a subscribe, and does
/// with the n-th of them what the test says; what arrives is delivered by the test. One thread.
class scripted_transport {
public:
    static constexpr hubbub::transport_traits traits{.carries_objects = true};

    /// What becomes of a step.
    enum class fate {
        succeeds,
        /// The call returns the error.
        is_refused,
        /// It is accepted, and completes with the error.
        fails,
        /// It is accepted, and completes when the test says so.
        waits,
    };

    struct message {
        std::string topic;
        std::string payload;
        std::shared_ptr<void const> owner = {};
        hubbub::object_view object = {};

        /// Null if it carries no such frame.
        template <class Frame>
        Frame const* as() const noexcept {
            return object.get<Frame>();
        }
    };

    explicit scripted_transport(asio::io_context& io) : io_(&io) {}

    // What the test says.

    /// The step of this number, counted from 1, has this fate; all others have `usual`.
    void script(std::size_t number, fate f,
                std::error_code e = std::make_error_code(std::errc::connection_reset)) {
        scripted_ = number;
        fate_ = f;
        error_ = e;
    }
    std::size_t steps() const noexcept { return steps_; }

    /// Completes the step that waits longest, or all of them.
    void answer(std::error_code e = {}) {
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        complete(next, e);
    }
    void answer_all(std::error_code e = {}) {
        while (!waiting_.empty())
            answer(e);
    }
    std::size_t waiting() const noexcept { return waiting_.size(); }

    /// There is room again, for those who wait for it.
    void give_room() {
        for (auto& done : std::exchange(room_, {}))
            done({});
    }

    /// How many servers get a message of a topic: 1, if this does not say otherwise.
    std::map<std::string, std::size_t, std::less<>> receivers;
    fate usual = fate::succeeds;

    /// The backplane brings a message, to those who have subscribed its topic.
    template <class Frame>
    void deliver(std::string_view topic, Frame const& frame) {
        pass_on({topic, {}, hubbub::object_view::copied(frame)});
    }
    void deliver_bytes(std::string_view topic, std::string_view bytes) {
        pass_on({topic, bytes, {}});
    }

    void lose_link() {
        state_ = hubbub::link_state::down;
        observers_.notify(hubbub::link_lost{std::make_error_code(std::errc::connection_reset)});
    }
    void restore_link() {
        state_ = hubbub::link_state::whole;
        observers_.notify(hubbub::link_up{});
    }

    // What it has seen.

    /// The topics that are subscribed, in order.
    std::vector<std::string> topics() const {
        std::vector<std::string> names;
        for (auto const& [name, s] : sinks_)
            names.push_back(name);
        return names;
    }
    bool has(std::string_view topic) const { return sinks_.find(topic) != sinks_.end(); }

    /// What was published and not refused since this was asked last.
    std::deque<message> take_published() { return std::exchange(published_, {}); }

    // The concept.

    asio::any_io_executor get_executor() const { return io_->get_executor(); }

    std::error_code publish(hubbub::message_view const& m, hubbub::publish_completion done) {
        auto const f = next();
        std::string topic(m.topic);
        if (f != fate::is_refused) {
            auto& kept = published_.emplace_back(message{topic, std::string(m.payload)});
            if (m.object) {
                kept.owner = m.object.keep();
                kept.object = m.object.kept_by(kept.owner);
            }
        }
        return take_step(f, {std::move(topic), std::move(done), {}});
    }

    std::error_code subscribe(hubbub::topic_filter const& what,
                              std::shared_ptr<hubbub::message_sink> const& s,
                              hubbub::subscribe_completion done) {
        auto const f = next();
        if (f != fate::is_refused && find(what.name, *s) == sinks_.end())
            sinks_.emplace(what.name, s);
        return take_step(f, {std::string(what.name), {}, std::move(done)});
    }

    void unsubscribe(hubbub::topic_filter const& what, hubbub::message_sink const& s) noexcept {
        if (auto const at = find(what.name, s); at != sinks_.end())
            sinks_.erase(at);
    }

    std::shared_ptr<void> observe(hubbub::observer o) { return observers_.add(std::move(o)); }
    hubbub::link_state state() const { return state_; }
    hubbub::statistics statistics() const { return {}; }
    hubbub::message_limits const& limits() const noexcept { return limits_; }
    void wait_for_room(std::size_t /*bytes*/, hubbub::completion<std::error_code> done) {
        room_.push_back(std::move(done));
    }
    void flush(hubbub::completion<std::error_code> done) { done({}); }
    void drain(hubbub::completion<std::error_code> done) { done({}); }
    void close() noexcept { state_ = hubbub::link_state::closed; }

private:
    struct step {
        std::string topic;
        hubbub::publish_completion published;
        hubbub::subscribe_completion subscribed;
    };
    using sinks = std::multimap<std::string, std::shared_ptr<hubbub::message_sink>, std::less<>>;

    fate next() { return ++steps_ == scripted_ ? fate_ : usual; }

    std::error_code take_step(fate f, step s) {
        if (f == fate::waits)
            waiting_.push_back(std::move(s));
        else
            complete(s, f == fate::succeeds ? std::error_code() : error_);
        return f == fate::is_refused ? error_ : std::error_code();
    }

    /// It posts what completes, and so may be called before publish or subscribe has returned.
    void complete(step& s, std::error_code e) {
        auto const known = receivers.find(s.topic);
        s.published(e, e ? 0 : known == receivers.end() ? 1 : known->second);
        s.subscribed(e);
    }

    sinks::iterator find(std::string_view topic, hubbub::message_sink const& s) {
        auto const [first, last] = sinks_.equal_range(topic);
        auto const at =
            std::find_if(first, last, [&](auto const& one) { return one.second.get() == &s; });
        return at == last ? sinks_.end() : at;
    }

    void pass_on(hubbub::message_view const& m) {
        std::vector<std::shared_ptr<hubbub::message_sink>> those;
        auto const [first, last] = sinks_.equal_range(m.topic);
        for (auto at = first; at != last; ++at)
            those.push_back(at->second);
        for (auto const& s : those)
            s->deliver(m);
    }

    asio::io_context* io_;
    hubbub::message_limits limits_;
    hubbub::detail::observers observers_;
    hubbub::link_state state_ = hubbub::link_state::whole;
    std::size_t steps_ = 0;
    std::size_t scripted_ = 0;
    fate fate_ = fate::succeeds;
    std::error_code error_ = std::make_error_code(std::errc::connection_reset);
    std::deque<step> waiting_;
    std::vector<hubbub::completion<std::error_code>> room_;
    std::deque<message> published_;
    sinks sinks_;
};

static_assert(hubbub::transport<borrowed<scripted_transport>>);

} // namespace support
