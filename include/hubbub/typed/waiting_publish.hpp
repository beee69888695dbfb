// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/transport.hpp>

#include <asio/cancellation_signal.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hubbub::detail {

/// A message that waits for room: bytes, or an object with what keeps it.
struct outgoing_message {
    outgoing_message(std::string encoded) // NOLINT(google-explicit-constructor)
        : bytes(std::move(encoded)) {}

    /// An object that owner keeps. The transport shares it; or else copies it, if it keeps it.
    outgoing_message(std::shared_ptr<void const> kept_by, object_view seen, bool shares)
        : owner(std::move(kept_by)), object(seen), shared(shares) {}

    /// Valid while this is in its place.
    message_view view(std::string_view topic) const noexcept {
        return {topic, bytes, shared ? object.kept_by(owner) : object};
    }

    std::string bytes;
    std::shared_ptr<void const> owner;
    object_view object;
    bool shared = false;
};

/// What has a function called if an operation is cancelled: none, a slot of Asio's, or one of
/// another type behind a function.
class cancel_hook {
public:
    using assigner = std::function<void(std::function<void()>)>;

    cancel_hook() = default;
    cancel_hook(asio::cancellation_slot slot) // NOLINT(google-explicit-constructor)
        : slot_(slot) {}
    explicit cancel_hook(assigner other) : other_(std::move(other)) {}

    /// Has that called from now on.
    void call(std::function<void()> on_cancel) const;

private:
    asio::cancellation_slot slot_;
    assigner other_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/typed/impl/waiting_publish.ipp>
#endif
