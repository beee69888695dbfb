// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// Which servers of a hub are alive, by the beacons heard. It has no clock: time is counted in this
/// server's own beacons as they come back from the backplane. So who is cut off from the backplane
/// hears nothing of itself either, and takes nobody for dead.
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
    change heard(std::string_view server, bool regular = true) {
        change now;
        if (gone_.contains(server)) {
            now.stale = true;
            return now;
        }
        auto const [known, is_new] = servers_.try_emplace(std::string(server));
        if (is_new)
            now.joined.emplace_back(server);
        bool const beat = regular && server == self_;
        known->second = beats_ += beat ? 1 : 0;
        if (beat) {
            lose_silent(now.lost);
            std::erase_if(gone_, [&](auto const& g) { return beats_ - g.second >= missed_; });
        }
        return now;
    }

    /// It said that it goes. Its id is never used again, so that a beacon that this has overtaken is
    /// known as such.
    change left(std::string_view server) {
        change now;
        gone_.try_emplace(std::string(server), beats_);
        if (servers_.erase(std::string(server)) != 0)
            now.lost.emplace_back(server);
        return now;
    }

    /// Whether nothing has been heard of it for so long that it would be lost, were it alive: it has
    /// been waited for since the count of beats was this.
    bool is_silent(std::string_view server, std::uint64_t since) const {
        return !servers_.contains(server) && beats_ - since >= missed_;
    }

    bool is_alive(std::string_view server) const { return servers_.contains(server); }

    /// Whether it has said so lately.
    bool has_gone(std::string_view server) const { return gone_.contains(server); }

    /// How many are alive.
    std::size_t size() const noexcept { return servers_.size(); }

    /// How often it has heard itself.
    std::uint64_t beats() const noexcept { return beats_; }

    /// This server among them, as soon as it has heard itself.
    std::vector<std::string> alive() const {
        std::vector<std::string> ids;
        for (auto const& [id, last] : servers_)
            ids.push_back(id);
        return ids;
    }

private:
    void lose_silent(std::vector<std::string>& lost) {
        for (auto at = servers_.begin(); at != servers_.end();) {
            if (beats_ - at->second < missed_) {
                ++at;
                continue;
            }
            lost.push_back(at->first);
            at = servers_.erase(at);
        }
    }

    std::string const self_;
    unsigned const missed_;
    std::uint64_t beats_ = 0;
    std::map<std::string, std::uint64_t, std::less<>> servers_; // and the beat they were last heard
    std::map<std::string, std::uint64_t, std::less<>> gone_;    // and the beat they said so
};

} // namespace hubbub::detail
