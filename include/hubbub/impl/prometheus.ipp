// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/prometheus.hpp>

#include <hubbub/base/utf8.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hubbub {
namespace detail {

HUBBUB_DECL std::string prometheus_labels_text(prometheus_labels const& labels) {
    std::string out;
    for (auto const& [name, value] : labels) {
        out.append(out.empty() ? "{" : ",").append(name).append("=\"");
        for (char const c : escape_to_utf8(value, '%')) {
            if (c == '\\' || c == '"')
                out += '\\';
            out += c == '\n' ? "\\n" : std::string(1, c);
        }
        out += '"';
    }
    return out.empty() ? out : out + "}";
}

/// One metric after the other: its help and type, then its samples.
class prometheus_writer {
public:
    void metric(std::string_view name, std::string_view type, std::string_view help) {
        name_ = "hubbub_" + std::string(name);
        out_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
        out_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
    }

    template <class Number>
    void sample(prometheus_labels const& labels, Number value) {
        std::array<char, 32> digits{}; // in no locale's way
        auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        out_.append(name_).append(prometheus_labels_text(labels)).append(" ");
        out_.append(digits.data(), end).append("\n");
    }

    std::string take() { return std::move(out_); }

private:
    std::string name_;
    std::string out_;
};

HUBBUB_DECL prometheus_labels with(prometheus_labels labels, std::string name,
                                   std::string_view value) {
    labels.emplace_back(std::move(name), value);
    return labels;
}

} // namespace detail

HUBBUB_DECL std::string prometheus_text(std::vector<labelled_statistics> const& buses) {
    detail::prometheus_writer out;
    using row = std::pair<std::string_view, std::uint64_t statistics::*>;
    auto const counters = [&](std::string_view name, std::string_view help,
                              std::vector<row> const& by_outcome) {
        out.metric(name, "counter", help);
        for (auto const& bus : buses)
            for (auto const& [outcome, count] : by_outcome)
                out.sample(detail::with(bus.labels, "outcome", outcome), bus.values.*count);
    };
    auto const one = [&](std::string_view name, std::string_view type, std::string_view help,
                         auto value) {
        out.metric(name, type, help);
        for (auto const& bus : buses)
            out.sample(bus.labels, std::invoke(value, bus.values));
    };
    auto const seconds = [](auto duration) {
        return [duration](statistics const& s) {
            return std::chrono::duration<double>(s.*duration).count();
        };
    };
    counters("published_total", "Messages published, by what became of them.",
             {{"refused", &statistics::refused},
              {"confirmed", &statistics::confirmed},
              {"unknown", &statistics::unknown},
              {"discarded", &statistics::discarded},
              {"displaced", &statistics::displaced}});
    one("published_bytes_total", "counter", "Payloads accepted.", &statistics::published_bytes);
    one("queued_messages", "gauge", "Publishes that wait, for room or an answer.",
        &statistics::queued);
    one("queued_bytes", "gauge", "Publishes that wait to be written.", &statistics::queued_bytes);
    one("queued_peak_messages", "gauge", "The most publishes that waited.",
        &statistics::queued_peak);
    one("queued_peak_bytes", "gauge", "The most bytes that waited.",
        &statistics::queued_bytes_peak);
    counters("received_total", "Messages for subscriptions, by what became of them.",
             {{"delivered", &statistics::delivered},
              {"malformed", &statistics::malformed},
              {"failed", &statistics::failed},
              {"dropped_oldest", &statistics::dropped_oldest},
              {"dropped_newest", &statistics::dropped_newest},
              {"superseded", &statistics::superseded},
              {"abandoned", &statistics::abandoned}});
    one("received_bytes_total", "counter", "Payloads for subscriptions.",
        &statistics::received_bytes);
    one("pending_messages", "gauge", "Messages in the queues of subscriptions.",
        &statistics::pending);
    one("pending_bytes", "gauge", "Bytes in the queues of subscriptions.",
        &statistics::pending_bytes);
    one("pending_peak_messages", "gauge", "The most in one such queue.", &statistics::pending_peak);
    one("pending_peak_bytes", "gauge", "The most bytes in one such queue.",
        &statistics::pending_bytes_peak);
    one("subscriptions_disconnected_total", "counter", "Subscriptions ended by a full queue.",
        &statistics::disconnected);
    one("dropped_total", "counter", "Messages that found the receiving queue full.",
        &statistics::dropped);
    one("lost_total", "counter", "Messages known to be missing.", &statistics::lost);
    one("gaps_total", "counter", "Gaps in numbered streams.", &statistics::gaps);
    one("duplicates_total", "counter", "Messages that came again.", &statistics::duplicates);
    one("link_losses_total", "counter", "Times the link was lost.", &statistics::link_losses);
    one("link_reconnects_total", "counter", "Times it was whole again.", &statistics::reconnects);
    one("link_cut_offs_total", "counter", "Times the backplane closed it for being slow.",
        &statistics::cut_offs);
    one("link_down_seconds_total", "counter", "How long it was down.",
        seconds(&statistics::time_down));
    one("probe_round_trip_seconds", "gauge", "Of the last probe through the backplane.",
        seconds(&statistics::probe_round_trip));
    return out.take();
}

HUBBUB_DECL std::string prometheus_text(statistics const& s, prometheus_labels const& labels) {
    return prometheus_text(std::vector<labelled_statistics>{{labels, s}});
}

HUBBUB_DECL std::string prometheus_text(std::vector<labelled_topics> const& ledgers) {
    detail::prometheus_writer out;
    using counted = std::vector<std::pair<std::string, topic_statistics>>;
    std::vector<std::pair<prometheus_labels const*, counted>> all;
    for (auto const& ledger : ledgers) {
        all.emplace_back(&ledger.labels, ledger.topics->read_all());
        all.back().second.emplace_back("", ledger.topics->others());
    }
    auto const each = [&](std::string_view name, std::string_view help,
                          std::uint64_t topic_statistics::* count) {
        out.metric(name, "counter", help);
        for (auto const& [labels, topics] : all)
            for (auto const& [topic, s] : topics)
                out.sample(detail::with(*labels, "topic", topic), s.*count);
    };
    each("topic_published_total", "Publishes.", &topic_statistics::published);
    each("topic_refused_total", "Publishes refused.", &topic_statistics::refused);
    each("topic_published_bytes_total", "Payloads accepted.", &topic_statistics::published_bytes);
    each("topic_delivered_total", "Messages handed over.", &topic_statistics::delivered);
    each("topic_delivered_bytes_total", "Payloads handed over.",
         &topic_statistics::delivered_bytes);
    each("topic_malformed_total", "Payloads that did not decode.", &topic_statistics::malformed);
    each("topic_failed_total", "Sinks that threw.", &topic_statistics::failed);
    each("topic_dropped_total", "Messages that fell out of a queue.", &topic_statistics::dropped);
    each("topic_lost_total", "Messages known to be missing.", &topic_statistics::lost);
    return out.take();
}

HUBBUB_DECL std::string prometheus_text(topic_ledger const& topics,
                                        prometheus_labels const& labels) {
    return prometheus_text(std::vector<labelled_topics>{{labels, &topics}});
}

} // namespace hubbub
