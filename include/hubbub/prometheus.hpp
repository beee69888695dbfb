// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/statistics.hpp>
#include <hubbub/topic_ledger.hpp>

#include <string>
#include <utility>
#include <vector>

// Statistics in the text exposition format of Prometheus.
// Source: prometheus.io/docs/instrumenting/exposition_formats, "Text-based format".
namespace hubbub {

/// The labels of a metric: names, which are [a-zA-Z_][a-zA-Z0-9_]*, and values, which are anything:
/// a byte that is no UTF-8 is written as %XX, and a % as %25.
using prometheus_labels = std::vector<std::pair<std::string, std::string>>;

namespace detail {

std::string prometheus_labels_text(prometheus_labels const& labels);

} // namespace detail

/// The statistics of a bus, and the labels that tell it from others.
struct labelled_statistics {
    prometheus_labels labels;
    statistics values;
};

/// The counts of a topic_ledger, and the labels that tell it from others.
struct labelled_topics {
    prometheus_labels labels;
    topic_ledger const* topics;
};

/// The statistics of several buses in one text, which must not have a metric twice: so texts of one
/// bus each cannot be put together.
std::string prometheus_text(std::vector<labelled_statistics> const& buses);

/// The statistics of one bus, each sample with these labels ({{"bus", "chat"}}, say).
std::string prometheus_text(statistics const& s, prometheus_labels const& labels = {});

/// The counts of several topic_ledgers, by topic; topics that one had no place for have the label
/// topic="".
std::string prometheus_text(std::vector<labelled_topics> const& ledgers);

/// The same of one, each sample with these labels.
std::string prometheus_text(topic_ledger const& topics, prometheus_labels const& labels = {});

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/impl/prometheus.ipp>
#endif
