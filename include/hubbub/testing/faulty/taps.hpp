// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/topic_table.hpp>
#include <hubbub/transport.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace hubbub::testing::detail {

/// The sink of one filter at the transport below a `faulty` one: it hands messages to the Core.
template <class Core>
class tap final : public message_sink, public std::enable_shared_from_this<tap<Core>> {
public:
    tap(topic_filter const& what, std::shared_ptr<Core> core)
        : what_(what), core_(std::move(core)) {}

    topic_filter const& what() const noexcept { return what_; }

    void deliver(message_view const& message) noexcept override {
        core_->receive(this->shared_from_this(), message);
    }

private:
    topic_filter const what_;
    std::shared_ptr<Core> const core_;
};

/// The taps, and the users' sinks behind them.
/// Thread safety: deliver from any thread, all else from one at a time.
template <class Core>
class taps {
public:
    using tap_ptr = std::shared_ptr<tap<Core>>;
    using map = std::map<std::pair<std::string, bool>, tap_ptr>;

    /// Puts s behind the tap of this filter; it is made if there is none.
    tap_ptr add(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                std::shared_ptr<Core> const& core) {
        auto& found = taps_[{what.name, what.is_pattern}];
        if (!found)
            found = std::make_shared<tap<Core>>(what, core);
        sinks_.add(what, s);
        return found;
    }

    /// The tap that is not needed any more, if s was the last behind it.
    tap_ptr remove(topic_filter const& what, message_sink const& s) {
        if (!sinks_.remove(what, s))
            return nullptr;
        auto last = taps_.extract({what.name, what.is_pattern});
        return last ? std::move(last.mapped()) : nullptr;
    }

    map take_all() { return std::exchange(taps_, {}); }

    void deliver(tap<Core> const& from, message_view const& message) const {
        sinks_.deliver(from.what(), message);
    }

private:
    map taps_;
    hubbub::detail::topic_table sinks_;
};

} // namespace hubbub::testing::detail
