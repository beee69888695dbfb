// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/subscription_set.hpp>

#include <hubbub/error.hpp>
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/server_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::redis {

HUBBUB_DECL void subscription_set::want(topic_filter const& what, subscribe_completion done) {
    auto& e = find_or_create(what);
    if (!std::exchange(e->wanted, true))
        lingering_.erase({e->lingers_until, e});
    if (e->state == state::active)
        return done({});
    if (done)
        e->waiting.push_back(std::move(done));
    if (connected_ && e->state != state::requested)
        request(e);
}

HUBBUB_DECL void subscription_set::unwant(topic_filter const& what, time_point now) {
    auto& map = map_for(what.is_pattern);
    auto const found = map.find(what.name);
    if (found == map.end() || !found->second->wanted)
        return;
    auto const e = found->second;
    e->wanted = false;
    complete(*e, errc::closed);
    if (e->state == state::idle || e->state == state::refused) {
        std::erase(refused_, e);
        if (refused_.empty())
            ask_again_ = time_point::max();
        map.erase(found);
    } else {
        e->lingers_until = now + linger_;
        lingering_.emplace(e->lingers_until, e);
    }
}

HUBBUB_DECL void subscription_set::on_run() {
    connected_ = true;
    told_whole_ = false;
    replaying_ = topics_.size() + patterns_.size();
    for (auto* const map : {&topics_, &patterns_})
        for (auto& [name, e] : *map) {
            e->replayed = true;
            request(e);
        }
}

HUBBUB_DECL void subscription_set::on_down() {
    connected_ = false;
    to_send_.clear();
    sent_.clear();
    lingering_.clear();
    refused_.clear();
    ask_again_ = time_point::max();
    for (auto* const map : {&topics_, &patterns_}) {
        std::erase_if(*map, [](auto const& item) { return !item.second->wanted; });
        for (auto& [name, e] : *map) {
            e->state = state::idle;
            e->quietly = false;
            e->unanswered = 0;
        }
    }
}

HUBBUB_DECL void subscription_set::close(std::error_code error) {
    on_down();
    for (auto* const map : {&topics_, &patterns_}) {
        for (auto& [name, e] : *map)
            complete(*e, error);
        map->clear();
    }
}

HUBBUB_DECL void subscription_set::tick(time_point now) {
    if (ask_again_ == soon)
        ask_again_ = now + retry_;
    else if (ask_again_ <= now)
        ask_again();
    while (!lingering_.empty() && lingering_.begin()->first <= now) {
        auto const e = lingering_.begin()->second;
        lingering_.erase(lingering_.begin());
        e->state = state::leaving;
        ++e->unanswered;
        to_send_.push_back({e->is_pattern ? verb::punsubscribe : verb::unsubscribe, e});
    }
}

HUBBUB_DECL time_point subscription_set::deadline() const noexcept {
    return lingering_.empty() ? ask_again_ : std::min(ask_again_, lingering_.begin()->first);
}

HUBBUB_DECL bool subscription_set::is_active(std::string_view topic) const {
    auto const found = topics_.find(topic);
    return found != topics_.end() && found->second->state == state::active;
}

HUBBUB_DECL void subscription_set::output(std::string& out) {
    while (!to_send_.empty()) {
        sent_.push_back(next_command());
        append(out, sent_.back());
    }
}

HUBBUB_DECL subscription_set::outcome subscription_set::on_reply(reply const& r) {
    if (sent_.empty())
        return {redis_errc::protocol_error};
    if (r.type == value::kind::error)
        return on_refusal(classify(r.text));
    auto const asked = sent_.front().what;
    if (asked == verb::ping) {
        bool const pong = r.elements.size() == 2 && r.elements[0].text == "pong";
        if (!pong && r.type != value::kind::status)
            return {redis_errc::protocol_error};
        sent_.pop_front();
        return {};
    }
    if (r.elements.size() != 3 || r.elements[0].text != word(asked))
        return {redis_errc::protocol_error};
    return on_confirmation(r.elements[1].text);
}

HUBBUB_DECL bool subscription_set::became_whole() noexcept {
    return connected_ && replaying_ == 0 && !std::exchange(told_whole_, true);
}

HUBBUB_DECL std::string_view subscription_set::word(verb v) noexcept {
    constexpr std::string_view words[] = {"subscribe", "psubscribe", "unsubscribe", "punsubscribe",
                                          "ping"};
    return words[static_cast<std::size_t>(v)];
}

HUBBUB_DECL hubbub::detail::string_map<subscription_set::entry_ptr>&
subscription_set::map_for(bool is_pattern) noexcept {
    return is_pattern ? patterns_ : topics_;
}

HUBBUB_DECL subscription_set::entry_ptr&
subscription_set::find_or_create(topic_filter const& what) {
    auto& map = map_for(what.is_pattern);
    auto const found = map.find(what.name);
    if (found != map.end())
        return found->second;
    auto e = std::make_shared<entry>(entry{what.name, what.is_pattern});
    return map.emplace(what.name, std::move(e)).first->second;
}

HUBBUB_DECL void subscription_set::request(entry_ptr const& e, bool alone) {
    e->state = state::requested;
    ++e->unanswered;
    to_send_.push_back({e->is_pattern ? verb::psubscribe : verb::subscribe, e, alone});
}

HUBBUB_DECL subscription_set::command subscription_set::next_command() {
    command next{to_send_.front().what, {}};
    bool const alone = to_send_.front().alone;
    do {
        if (to_send_.front().about)
            next.names.push_back(std::move(to_send_.front().about));
        to_send_.pop_front();
    } while (!alone && next.what != verb::ping && next.names.size() < most_names &&
             !to_send_.empty() && to_send_.front().what == next.what && !to_send_.front().alone);
    return next;
}

HUBBUB_DECL void subscription_set::append(std::string& out, command const& c) {
    detail::append_header(out, '*', 1 + c.names.size());
    detail::append_argument(out, word(c.what));
    for (auto const& e : c.names)
        detail::append_argument(out, e->name);
}

HUBBUB_DECL subscription_set::outcome subscription_set::on_confirmation(std::string_view name) {
    auto& c = sent_.front();
    auto const e = c.names[c.confirmed];
    if (e->name != name)
        return {redis_errc::protocol_error};
    auto const what = c.what;
    if (++c.confirmed == c.names.size())
        sent_.pop_front();
    if (!was_last_answer(*e))
        return {};
    if (what == verb::subscribe || what == verb::psubscribe) {
        e->state = state::active;
        complete(*e, {});
        if (std::exchange(e->was_refused, false))
            return {.restored_name = e->name};
    } else {
        forget(e);
    }
    return {};
}

HUBBUB_DECL subscription_set::outcome subscription_set::on_refusal(std::error_code reason) {
    auto const c = std::move(sent_.front());
    sent_.pop_front();
    if (c.names.size() > 1 && (c.what == verb::subscribe || c.what == verb::psubscribe)) {
        for (auto const& e : c.names)
            if (--e->unanswered == 0)
                request(e, true);
        return {};
    }
    for (auto const& e : c.names) {
        if (!was_last_answer(*e))
            continue;
        if (!e->wanted) {
            forget(e);
            continue;
        }
        e->state = state::refused;
        e->was_refused = true;
        complete(*e, reason);
        refused_.push_back(e);
        if (ask_again_ == time_point::max())
            ask_again_ = soon;
        if (!std::exchange(e->quietly, false))
            return {.refused_name = e->name, .refused_reason = reason};
    }
    return {};
}

HUBBUB_DECL bool subscription_set::was_last_answer(entry& e) noexcept {
    if (--e.unanswered > 0)
        return false;
    if (std::exchange(e.replayed, false))
        --replaying_;
    return true;
}

HUBBUB_DECL void subscription_set::ask_again() {
    ask_again_ = time_point::max();
    for (auto const& e : std::exchange(refused_, {}))
        if (e->wanted && e->state == state::refused) {
            e->quietly = true;
            request(e, true);
        }
}

HUBBUB_DECL void subscription_set::forget(entry_ptr const& e) {
    lingering_.erase({e->lingers_until, e});
    map_for(e->is_pattern).erase(e->name);
}

HUBBUB_DECL void subscription_set::complete(entry& e, std::error_code error) {
    for (auto& done : std::exchange(e.waiting, {}))
        done(error);
}

} // namespace hubbub::redis
