// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/flow/transport_interface.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// Publishes what is no message of a user's, as far as there is room for it. Its owner calls it
/// under a lock, and not after the transport has ended.
class own_publisher {
public:
    /// Is called on the transport's executor, without a lock.
    class owner {
    public:
        owner() = default;
        owner(owner const&) = delete;
        owner& operator=(owner const&) = delete;

        /// There is room again.
        virtual void on_room() = 0;
        /// The backplane does not allow what was published on topic.
        virtual void on_refused(std::string const& topic) = 0;

    protected:
        ~owner() = default;
    };

    explicit own_publisher(transport_interface& below) : below_(&below) {}

    /// Before all else.
    void start(std::weak_ptr<owner> o) { owner_ = std::move(o); }

    /// False if it is to be tried again, when there is room or a link.
    bool publish(std::string_view topic, std::string_view payload);

    bool blocked() const noexcept { return blocked_; }

    /// on_room was called.
    void go_on() noexcept { blocked_ = waits_ = false; }

    /// The link is whole.
    void on_link() noexcept { blocked_ = false; }

private:
    transport_interface* const below_;
    std::weak_ptr<owner> owner_;
    bool blocked_ = false; // until there is room, or a link
    bool waits_ = false;   // for room
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/sequenced/impl/own_publisher.ipp>
#endif
