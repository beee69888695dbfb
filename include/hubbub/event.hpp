// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

namespace hubbub {

/// Where a transport stands with its backplane.
enum class link_state {
    /// Not connected yet, or lost and being restored. Publishes queue up to their bound.
    down,
    /// Connected, and every subscription is active.
    whole,
    /// Given up, since trying again cannot mend it (a wrong password). Everything is refused.
    failed,
    /// Closed here.
    closed,
};

/// The link to the backplane fell. Messages may be missed from now until link_up.
struct link_lost {
    std::error_code reason;
};

/// Redis closed the link that was lost, since more waited there for this subscriber than its
/// client-output-buffer-limit allows: it did not read fast enough, or the limit is small. Give slow
/// sinks a queue (bus::subscribe with queue_options), or raise the limit. Told when the link is
/// there again, between link_lost and link_up.
struct subscriber_cut_off {
    /// True if Redis counted one more such closing, of this client or another, since this link was
    /// made; false if it is concluded, since a Redis that goes on running closed a link that was
    /// behind. Then a CLIENT KILL under load looks the same, and one message above the limit is not
    /// seen: Redis sends nothing of it.
    bool counted;
};

/// An attempt to reach the backplane failed; the next one follows.
struct link_retry {
    std::error_code reason;
    /// The number of failed attempts since the link was last up, this one included; the loss of the
    /// link counts as one.
    unsigned attempt;
    /// The time until the next attempt to connect.
    std::chrono::milliseconds wait;
};

/// The link to the backplane is up, and every subscription is active: the first time, or again.
struct link_up {
    /// The time for which it was down: messages published elsewhere meanwhile may be missing.
    /// Zero the first time.
    std::chrono::milliseconds away;
};

/// The transport has given up, since trying again cannot help.
struct link_failed {
    std::error_code reason;
};

/// The link fell before the answers to publishes that were handed over: they may have been
/// delivered or not, and are not sent again.
struct publishes_unknown {
    std::uint64_t count;
};

/// Publishes made room for newer ones while the link was down (outage_policy::keep_newest). It is
/// told now and then, with how many they were.
struct publishes_displaced {
    std::uint64_t count;
};

/// The backplane refused a publish that had been accepted here (no permission, say). Which one it
/// was is told to who called async_publish: of others nothing is kept once they are written.
struct publish_refused {
    std::error_code reason;
};

/// The backplane refuses a subscription: its sink gets nothing.
struct subscription_refused {
    std::string name;
    std::error_code reason;
};

/// A topic that was refused before is subscribed: its permission is back, say.
struct subscription_restored {
    std::string name;
};

/// Messages of one stream were lost on the way; a stream is what one publisher sends on one topic.
/// `sequenced` tells it at the next message or beacon, or at reconnect, once for each filter that
/// they were meant for: the topic, and each pattern.
struct gap {
    std::string_view topic;
    std::string_view stream;
    std::uint64_t first;
    std::uint64_t last;
};

/// A receiving queue was full, that of the transport or of a subscription, and messages were
/// dropped.
struct message_dropped {
    /// The topic of the last of them.
    std::string_view topic;
    /// The number of messages dropped since the last such event.
    std::uint64_t count;
};

/// The queue of a subscription was full, and the subscription has ended
/// (overflow_policy::disconnect).
struct subscriber_disconnected {
    /// The topic of the message for which there was no room.
    std::string_view topic;
};

/// A payload did not decode as the type subscribed to. The stream goes on.
struct message_malformed {
    std::string_view topic;
    std::error_code reason;
};

/// A sink threw. The other sinks still get the message.
struct sink_failed {
    std::string_view topic;
    std::exception_ptr exception;
};

/// A notification for the owner of a bus of what is the result of no single call: one of the
/// structs above. Views in it are valid during the observer's call.
using event =
    std::variant<link_lost, subscriber_cut_off, link_retry, link_up, link_failed, publishes_unknown,
                 publishes_displaced, publish_refused, subscription_refused, subscription_restored,
                 gap, message_dropped, subscriber_disconnected, message_malformed, sink_failed>;

/// Gets every event of a transport or a bus. It must not throw.
using observer = std::function<void(event const&)>;

/// Joins several lambdas into one callable, to visit an event with: those that are not named are
/// ignored by a last `[](auto const&) {}`.
template <class... Lambdas>
struct overloaded : Lambdas... {
    using Lambdas::operator()...;
};
template <class... Lambdas>
overloaded(Lambdas...) -> overloaded<Lambdas...>;

} // namespace hubbub
