// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// Which servers of a hub are alive, by the beacons heard, and whether this one has met them all.
/// It has no clock: time is counted in this server's own beacons as they come back from the
/// backplane. A server that is cut off from the backplane therefore hears nothing of itself either,
/// and takes nobody for dead.
class server_registry {
public:
    struct change {
        std::vector<std::string> joined = {};
        std::vector<std::string> lost = {};
        /// Its server has said before that it goes: nothing of it counts.
        bool stale = false;
    };

    /// A server is lost when so many of its beacons are missing.
    server_registry(std::string self, unsigned missed) : self_(std::move(self)), missed_(missed) {}

    /// A beacon came; it counts as time if it is one of the regular ones.
    change heard(std::string_view server, bool regular = true);

    /// It said that it goes. Its id is never used again, so that a beacon that this has overtaken
    /// is known as such.
    change left(std::string_view server);

    /// The backplane gave a beacon of this server to so many servers. If it is told several times,
    /// the largest number counts: some servers were perhaps away.
    void expect(std::size_t servers);

    /// Whether this server has heard of all that are there: as many as were expected, or at the
    /// latest after two beacons of its own, between which every living server had to tell of
    /// itself. Once it has, it has for good.
    bool met();

    /// Whether nothing has been heard of it for so long that it would be lost, were it alive: it
    /// has been waited for since the count of beats was this.
    bool is_silent(std::string_view server, std::uint64_t since) const;

    bool is_alive(std::string_view server) const { return servers_.contains(server); }

    /// Whether it has said lately that it goes.
    bool has_gone(std::string_view server) const { return gone_.contains(server); }

    /// How many are alive.
    std::size_t size() const noexcept { return servers_.size(); }

    /// How often it has heard itself.
    std::uint64_t beats() const noexcept { return beats_; }

    /// This server among them, as soon as it has heard itself.
    std::vector<std::string> alive() const;

private:
    void lose_silent(std::vector<std::string>& lost);

    static constexpr auto unknown = std::numeric_limits<std::size_t>::max();

    std::string const self_;
    unsigned const missed_;
    std::uint64_t beats_ = 0;
    std::size_t expected_ = unknown;
    bool met_ = false;
    std::map<std::string, std::uint64_t, std::less<>> servers_; // and the beat they were last heard
    std::map<std::string, std::uint64_t, std::less<>> gone_;    // and the beat they said so
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/cluster/impl/server_registry.ipp>
#endif
