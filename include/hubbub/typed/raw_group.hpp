// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport.hpp>
#include <hubbub/typed/group.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace hubbub::detail {

/// A group of those who take messages as they come.
class raw_group final : public group {
public:
    raw_group(topic_filter const& what, std::shared_ptr<bus_core> core)
        : group(what, typeid(message_view), std::move(core)) {}

    static group* make(topic_filter const& what, std::shared_ptr<bus_core> core,
                       void const* /*none*/) {
        return new raw_group(what, std::move(core));
    }

    void deliver(message_view const& message) noexcept override;
};

/// One of them.
class raw_subscriber final : public subscriber_of<message_view> {
public:
    raw_subscriber(raw_sink sink, std::shared_ptr<bus_report> report)
        : sink_(std::move(sink)), report_(std::move(report)) {}

    delivery call(std::string_view topic, message_view const& message, std::size_t bytes) override;

private:
    raw_sink sink_;
    std::shared_ptr<bus_report> const report_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/typed/impl/raw_group.ipp>
#endif
