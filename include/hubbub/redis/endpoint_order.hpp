// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>

#include <asio/generic/stream_protocol.hpp>

#include <cstddef>
#include <vector>

namespace hubbub::redis {

/// In which order the addresses of a server are tried: one that swallows what it is sent takes up a
/// whole attempt, and so the next attempt begins with another.
class endpoint_order {
public:
    using endpoint = asio::generic::stream_protocol::endpoint;

    /// The endpoints of an attempt: as they were found, but those that were tried in vain behind
    /// all others, the one tried last at the very end. So of n addresses each is reached by the
    /// n-th attempt, however a name server shuffles them.
    std::vector<endpoint> arrange(std::vector<endpoint> found) const;

    /// This one is tried now.
    void tried(endpoint const& e);

    /// The link is up: the next attempt takes them as they are found.
    void clear() noexcept { tried_.clear(); }

private:
    static constexpr std::size_t most_remembered = 64; // a name may have others each time

    std::vector<endpoint> tried_; // longest ago first
};

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/endpoint_order.ipp>
#endif
