// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/cluster/peers.hpp>
#include <hubbub/hub/core/hooks.hpp>
#include <hubbub/hub/members/roster.hpp>
#include <hubbub/hub/outcome.hpp>
#include <hubbub/hub/presence/presence_hooks.hpp>
#include <hubbub/hub/presence/presence_methods.hpp>
#include <hubbub/hub/presence/watch.hpp>
#include <hubbub/hub/rpc/requests.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace hubbub::detail {

/// Who comes and goes: tells the servers that watch of the connections here, and has watch hear of
/// theirs.
///
/// Thread safety: all functions, from any thread.
template <class Bus>
class watching {
    using serializer = typename Bus::serializer_type;

public:
    /// All of these outlive it.
    watching(Bus& bus, hub_topics const& topics, serializer const& format,
             std::chrono::milliseconds limit, roster<Bus>& here, requests<Bus>& asked,
             std::shared_ptr<peers<Bus>> others, std::shared_ptr<hub_hooks const> told)
        : bus_(&bus), topics_(&topics), executor_(bus.get_executor()), serializer_(&format),
          limit_(limit), roster_(&here), requests_(&asked), peers_(std::move(others)),
          watch_(std::make_shared<watch<Bus>>(bus, topics.presence(), std::move(told))) {}

    /// What it is a part of keeps it while something is under way: self shares that. Before all else.
    void start(std::weak_ptr<watching> self) {
        self_ = std::move(self);
        watch_->start(
            [weak = self_](std::string const& server, completion<std::optional<roll>> done) {
                if (auto const here = weak.lock())
                    here->ask_for_roll(server, std::move(done));
            },
            [weak = self_] {
                if (auto const here = weak.lock())
                    here->peers_->ask_for_beacons();
            });
        roster_->tell_changes([weak = self_](roll_change c) {
            if (auto const here = weak.lock())
                here->publish_change(std::move(c));
        });
    }

    /// Null ends it.
    void tell(presence_observer told) { watch_->tell(std::move(told)); }

    /// Tells nobody any more. The bus is not touched later.
    void close() {
        open_ = false;
        watch_->tell({});
    }

    /// What beacons tell, and who hears of them.
    presence_hooks hooks() {
        return {.fill =
                    [weak = self_](server_beacon& own) {
                        if (auto const here = weak.lock()) {
                            own.changes = here->roster_->changes();
                            own.watches = here->watch_->active();
                        }
                    },
                .heard = [watch = watch_](server_beacon const& b) { watch->heard(b); },
                .lost = [watch = watch_](std::string const& server) { watch->lost(server); },
                .be_watched =
                    [weak = self_](bool watched) {
                        if (auto const here = weak.lock())
                            here->roster_->be_watched(watched);
                    }};
    }

private:
    void ask_for_roll(std::string const& server, completion<std::optional<roll>> done) {
        requests_->ask_server(server, presence_call(*serializer_, "roll", {}), limit_,
                              {executor_, [self = self_.lock(), done = std::move(done)](
                                              answer<serializer> const& given) mutable {
                                   auto all = outcome_of<roll>(*self->serializer_, given);
                                   done(all ? std::optional(std::move(*all)) : std::nullopt);
                               }});
    }

    /// Not at once, since the roster is locked.
    void publish_change(roll_change c) {
        asio::post(executor_, [self = self_.lock(), c = std::move(c)] {
            if (self->open_) // what is lost is noticed by its number
                self->bus_->publish(self->topics_->presence(), c);
        });
    }

    Bus* const bus_;
    hub_topics const* const topics_;
    asio::any_io_executor const executor_;
    serializer const* const serializer_;
    std::chrono::milliseconds const limit_;
    roster<Bus>* const roster_;
    requests<Bus>* const requests_;
    std::shared_ptr<peers<Bus>> const peers_;
    std::shared_ptr<watch<Bus>> const watch_;
    std::weak_ptr<watching> self_;
    std::atomic<bool> open_ = true;
};

} // namespace hubbub::detail
