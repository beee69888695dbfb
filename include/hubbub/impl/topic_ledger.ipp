// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/topic_ledger.hpp>

#include <hubbub/flow/topic_table.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace hubbub {

struct topic_ledger::shared {
    explicit shared(std::size_t most) : max_topics(most) {}

    std::size_t const max_topics;
    std::mutex mutex; // guards what follows
    detail::string_map<topic_statistics> topics;
    topic_statistics others;

    template <class Change>
    void count(std::string_view topic, Change change) {
        std::lock_guard const lock(mutex);
        auto found = topics.find(topic);
        if (found == topics.end()) {
            if (topics.size() >= max_topics)
                return change(others);
            found = topics.emplace(topic, topic_statistics{}).first;
        }
        change(found->second);
    }
};

HUBBUB_DECL topic_ledger::topic_ledger(std::size_t max_topics)
    : shared_(std::make_shared<shared>(max_topics)) {}

HUBBUB_DECL topic_statistics topic_ledger::read(std::string_view topic) const {
    std::lock_guard const lock(shared_->mutex);
    auto const found = shared_->topics.find(topic);
    return found == shared_->topics.end() ? topic_statistics{} : found->second;
}

HUBBUB_DECL std::vector<std::pair<std::string, topic_statistics>> topic_ledger::read_all() const {
    std::vector<std::pair<std::string, topic_statistics>> all;
    {
        std::lock_guard const lock(shared_->mutex);
        all.assign(shared_->topics.begin(), shared_->topics.end());
    }
    std::sort(all.begin(), all.end(),
              [](auto const& a, auto const& b) { return a.first < b.first; });
    return all;
}

HUBBUB_DECL topic_statistics topic_ledger::others() const {
    std::lock_guard const lock(shared_->mutex);
    return shared_->others;
}

HUBBUB_DECL void topic_ledger::on_publish(std::string_view topic, std::size_t bytes,
                                          std::error_code refused) const {
    shared_->count(topic, [&](topic_statistics& s) {
        ++s.published;
        (refused ? s.refused : s.published_bytes) += refused ? 1 : bytes;
    });
}

HUBBUB_DECL void topic_ledger::on_delivery(std::string_view topic, std::size_t bytes,
                                           std::size_t sinks) const {
    shared_->count(topic, [&](topic_statistics& s) {
        s.delivered += sinks;
        s.delivered_bytes += bytes * sinks;
    });
}

HUBBUB_DECL void topic_ledger::on_event(event const& e) const {
    if (auto const* const g = std::get_if<gap>(&e))
        shared_->count(g->topic, [&](auto& s) { s.lost += g->last - g->first + 1; });
    else if (auto const* const d = std::get_if<message_dropped>(&e))
        shared_->count(d->topic, [&](auto& s) { s.dropped += d->count; });
    else if (auto const* const m = std::get_if<message_malformed>(&e))
        shared_->count(m->topic, [](auto& s) { ++s.malformed; });
    else if (auto const* const f = std::get_if<sink_failed>(&e))
        shared_->count(f->topic, [](auto& s) { ++s.failed; });
}

} // namespace hubbub
