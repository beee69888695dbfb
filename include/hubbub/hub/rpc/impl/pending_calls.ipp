// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/rpc/pending_calls.hpp>

namespace hubbub::detail {

HUBBUB_DECL std::uint64_t pending_calls::begin(std::string server, time_point deadline,
                                               done_type done, std::uint64_t since) {
    auto const number = ++last_;
    by_server_[server].insert(number);
    deadlines_.emplace(deadline, number);
    calls_.emplace(number, pending{std::move(server), deadline, std::move(done), since});
    return number;
}

HUBBUB_DECL std::optional<pending_calls::done_type> pending_calls::take(std::uint64_t number) {
    auto call = calls_.extract(number);
    if (!call)
        return {};
    auto& taken = call.mapped();
    deadlines_.erase({taken.deadline, number});
    auto const of_server = by_server_.find(taken.server);
    of_server->second.erase(number);
    if (of_server->second.empty())
        by_server_.erase(of_server);
    return std::move(taken.done);
}

HUBBUB_DECL std::vector<pending_calls::done_type> pending_calls::take_expired(time_point now) {
    std::vector<done_type> expired;
    while (!deadlines_.empty() && deadlines_.begin()->first <= now)
        expired.push_back(*take(deadlines_.begin()->second));
    return expired;
}

HUBBUB_DECL std::vector<pending_calls::done_type> pending_calls::take_of(std::string_view server) {
    auto const found = by_server_.find(server);
    if (found == by_server_.end())
        return {};
    return take_each({found->second.begin(), found->second.end()});
}

HUBBUB_DECL std::vector<pending_calls::done_type> pending_calls::take_silent(
    std::function<bool(std::string const&, std::uint64_t)> const& is_silent) {
    std::vector<std::uint64_t> silent;
    for (auto const& [server, numbers] : by_server_)
        for (auto const number : numbers) {
            // Those asked later have waited for less long.
            if (!is_silent(server, calls_.at(number).since))
                break;
            silent.push_back(number);
        }
    return take_each(silent);
}

HUBBUB_DECL std::optional<pending_calls::time_point> pending_calls::next_deadline() const {
    return deadlines_.empty() ? std::optional<time_point>{} : deadlines_.begin()->first;
}

HUBBUB_DECL std::vector<pending_calls::done_type>
pending_calls::take_each(std::vector<std::uint64_t> const& numbers) {
    std::vector<done_type> taken;
    for (auto const number : numbers)
        taken.push_back(*take(number));
    return taken;
}

} // namespace hubbub::detail
