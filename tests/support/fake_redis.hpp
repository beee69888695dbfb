// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/resp.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

/// The words of each command that a client wrote.
inline std::vector<std::vector<std::string>> parse_commands(std::string_view bytes) {
    auto const number_after = [&](char mark) {
        if (bytes.empty() || bytes[0] != mark)
            throw std::invalid_argument("no command: " + std::string(bytes));
        auto const end = bytes.find("\r\n");
        auto const number = std::stoul(std::string(bytes.substr(1, end - 1)));
        bytes.remove_prefix(end + 2);
        return number;
    };
    std::vector<std::vector<std::string>> commands;
    while (!bytes.empty()) {
        auto& words = commands.emplace_back(number_after('*'));
        for (auto& word : words) {
            auto const size = number_after('$');
            if (bytes.substr(size, 2) != "\r\n")
                throw std::invalid_argument("a word of the wrong length");
            word = bytes.substr(0, size);
            bytes.remove_prefix(size + 2);
        }
    }
    return commands;
}

/// What Redis does with the subscribing connection of a client: it keeps what is subscribed, and
/// answers in order.
class fake_redis {
public:
    /// The client wrote this.
    void receive(std::string_view bytes) {
        for (auto& command : parse_commands(bytes)) {
            execute(command);
            commands.push_back(std::move(command));
        }
    }

    bool has_answer() const { return !answers_.empty(); }

    /// Hands the oldest answer to f.
    template <class F>
    auto answer(F f) {
        auto const a = std::move(answers_.front());
        answers_.pop_front();
        using hubbub::redis::value;
        if (a.type != value::kind::array)
            return f(hubbub::redis::reply{{.type = a.type, .text = a.words[0]}, {}});
        std::vector<value> elements;
        for (auto const& word : a.words)
            elements.push_back({.type = value::kind::string, .text = word});
        if (a.count >= 0)
            elements.push_back({.type = value::kind::integer, .integer = a.count});
        return f(hubbub::redis::reply{{.type = a.type}, elements});
    }

    /// The connection is gone, and with it all that it was subscribed to.
    void disconnect() {
        channels.clear();
        patterns.clear();
        answers_.clear();
    }

    std::set<std::string> channels;
    std::set<std::string> patterns;
    /// Channels and patterns that the user may not subscribe to.
    std::set<std::string> forbidden;
    bool ping_forbidden = false;
    /// All that was received, in order.
    std::vector<std::vector<std::string>> commands;

private:
    struct owned_answer {
        hubbub::redis::value::kind type;
        std::vector<std::string> words;
        std::int64_t count = -1;
    };

    void execute(std::vector<std::string> const& command) {
        using kind = hubbub::redis::value::kind;
        auto verb = command.at(0);
        std::transform(verb.begin(), verb.end(), verb.begin(), [](char c) {
            return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        });
        if (verb == "ping") {
            if (ping_forbidden)
                answers_.push_back({kind::error, {"NOPERM no permission to run 'ping'"}});
            else if (channels.empty() && patterns.empty())
                answers_.push_back({kind::status, {"PONG"}});
            else
                answers_.push_back({kind::array, {"pong", ""}});
            return;
        }
        bool const leaves = verb == "unsubscribe" || verb == "punsubscribe";
        auto& names = verb == "subscribe" || verb == "unsubscribe" ? channels : patterns;
        if (!leaves && verb != "subscribe" && verb != "psubscribe")
            throw std::invalid_argument("unknown command " + verb);
        for (std::size_t i = 1; i < command.size() && !leaves; ++i)
            if (forbidden.contains(command[i])) { // then the whole command does nothing
                answers_.push_back({kind::error, {"NOPERM no permission for a channel"}});
                return;
            }
        for (std::size_t i = 1; i < command.size(); ++i) {
            if (leaves)
                names.erase(command[i]);
            else
                names.insert(command[i]);
            answers_.push_back({kind::array,
                                {verb, command[i]},
                                static_cast<std::int64_t>(channels.size() + patterns.size())});
        }
    }

    std::deque<owned_answer> answers_;
};

} // namespace support
