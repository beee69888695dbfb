// SPDX-License-Identifier: MIT
#pragma once

#include <support/fake_redis.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace support {

/// A Redis as far as a link needs one, in this process, which can be told to fail in ways that a real
/// one cannot be made to. One thread runs io.
class small_redis {
public:
    explicit small_redis(asio::io_context& io)
        : acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {
        accept();
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    /// Those subscribed now get nothing any more, whatever is published, and do not know.
    void deafen() {
        for (auto const& g : guests_)
            g->deaf = true;
    }

    /// What those subscribed now say does not come here any more.
    void swallow_commands() {
        for (auto const& g : guests_)
            g->swallowed = !g->channels.empty();
    }

    /// It forgets who is subscribed, and keeps the connections.
    void forget_subscriptions() {
        for (auto const& g : guests_)
            g->channels.clear();
    }

private:
    struct guest {
        explicit guest(asio::ip::tcp::socket s) : socket(std::move(s)) {}
        asio::ip::tcp::socket socket;
        std::array<char, 4096> heard{};
        std::string to_say;
        bool saying = false;
        bool deaf = false;
        bool swallowed = false;
        std::set<std::string> channels;
    };
    using guest_ptr = std::shared_ptr<guest>;

    void accept() {
        acceptor_.async_accept([this](std::error_code error, asio::ip::tcp::socket socket) {
            if (error)
                return;
            guests_.push_back(std::make_shared<guest>(std::move(socket)));
            listen_to(guests_.back());
            accept();
        });
    }

    void listen_to(guest_ptr const& g) {
        g->socket.async_read_some(asio::buffer(g->heard),
                                  [this, g](std::error_code error, std::size_t n) {
                                      if (error) {
                                          std::erase(guests_, g);
                                          return;
                                      }
                                      if (!g->swallowed)
                                          for (auto const& c : parse_commands({g->heard.data(), n}))
                                              execute(*g, c);
                                      listen_to(g);
                                      for (auto const& each : guests_)
                                          say(each);
                                  });
    }

    static void say(guest_ptr const& g) {
        if (g->to_say.empty() || std::exchange(g->saying, true))
            return;
        auto const text = std::make_shared<std::string>(std::exchange(g->to_say, {}));
        asio::async_write(g->socket, asio::buffer(*text),
                          [g, text](std::error_code error, std::size_t) {
                              g->saying = false;
                              if (!error)
                                  say(g);
                          });
    }

    static std::string bulk(std::string_view text) {
        return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
    }

    void execute(guest& from, std::vector<std::string> const& command) {
        auto const& verb = command.at(0);
        if (verb == "PING")
            from.to_say += from.channels.empty() ? "+PONG\r\n" : "*2\r\n" + bulk("pong") + bulk("");
        else if (verb == "INFO")
            from.to_say += bulk("# " + command.at(1) + "\r\nrun_id:1\r\n");
        else if (verb == "PUBLISH")
            publish(from, command.at(1), command.at(2));
        else if (verb == "subscribe" || verb == "unsubscribe")
            for (std::size_t i = 1; i < command.size(); ++i) {
                if (verb == "subscribe")
                    from.channels.insert(command[i]);
                else
                    from.channels.erase(command[i]);
                from.to_say += "*3\r\n" + bulk(verb) + bulk(command[i]) + ":" +
                               std::to_string(from.channels.size()) + "\r\n";
            }
        else
            from.to_say += "+OK\r\n";
    }

    void publish(guest& from, std::string const& channel, std::string const& payload) {
        std::size_t receivers = 0;
        for (auto const& g : guests_) {
            if (!g->channels.contains(channel))
                continue;
            ++receivers;
            if (!g->deaf)
                g->to_say += "*3\r\n" + bulk("message") + bulk(channel) + bulk(payload);
        }
        from.to_say += ":" + std::to_string(receivers) + "\r\n";
    }

    asio::ip::tcp::acceptor acceptor_;
    std::vector<guest_ptr> guests_;
};

} // namespace support
