// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
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
    };

    /// A server is lost when so many of its beacons are missing.
    server_registry(std::string self, unsigned missed) : self_(std::move(self)), missed_(missed) {}

    /// A beacon came; it counts as time if it is one of the regular ones.
    change heard(std::string_view server, bool regular = true) {
        change now;
        auto& known = servers_[std::string(server)];
        if (!std::exchange(known.alive, true))
            now.joined.emplace_back(server);
        bool const beat = regular && server == self_;
        known.last = beats_ += beat ? 1 : 0;
        if (beat)
            lose_silent(now.lost);
        return now;
    }

    /// It said that it goes.
    change left(std::string_view server) {
        change now;
        if (auto gone = servers_.extract(std::string(server)); gone && gone.mapped().alive)
            now.lost.emplace_back(server);
        return now;
    }

    /// Something was asked of a server: it is lost too if nothing is ever heard of it.
    void expect(std::string_view server) {
        servers_.try_emplace(std::string(server), known_server{beats_, false});
    }

    /// This server among them, as soon as it has heard itself.
    std::vector<std::string> alive() const {
        std::vector<std::string> ids;
        for (auto const& [id, known] : servers_)
            if (known.alive)
                ids.push_back(id);
        return ids;
    }

private:
    struct known_server {
        std::uint64_t last = 0;
        bool alive = false;
    };

    void lose_silent(std::vector<std::string>& lost) {
        for (auto at = servers_.begin(); at != servers_.end();) {
            if (beats_ - at->second.last < missed_) {
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
    std::map<std::string, known_server> servers_;
};

} // namespace hubbub::detail
