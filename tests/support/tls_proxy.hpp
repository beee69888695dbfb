// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/socket_base.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

/// Between clients and a server that speak TLS: hands on record by record, and does harm to one of
/// each connection's, until it is told to let all pass. Source of a record's form: RFC 8446, 5.1.
class tls_proxy {
public:
    enum class side { client, server };

    /// What becomes of a record.
    enum class harm {
        none,
        /// It and the rest are missing: the peer closed the connection.
        end_before,
        end_within,
        /// The peer's kernel says that there is no such connection.
        reset_within,
        /// It and the rest do not come, in neither direction.
        silence_before,
        silence_within,
        /// Plain text has taken its place.
        other_bytes,
        /// It is one, and says something else.
        other_content,
    };

    /// To the record of this number, from 0, of those that a side sends on a connection.
    struct fault {
        side sender = side::client;
        std::size_t number = 0;
        harm what = harm::none;
    };

    tls_proxy(asio::io_context& io, std::uint16_t server, fault const& f)
        : acceptor_(io, endpoint{asio::ip::address_v4::loopback(), 0}),
          server_(asio::ip::address_v4::loopback(), server), fault_(f) {
        accept();
    }

    tls_proxy(tls_proxy const&) = delete;
    tls_proxy& operator=(tls_proxy const&) = delete;

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    /// Connections that are made from now on come to no harm, and may carry anything.
    void mend() noexcept { mended_ = true; }
    /// Those that are there stay.
    void close() { acceptor_.close(); }

    /// The most records that a side has sent on one connection.
    std::size_t sent_by(side s) const noexcept { return sent_[static_cast<std::size_t>(s)]; }
    unsigned harmed() const noexcept { return harmed_; }
    /// Connections that a client has not closed.
    unsigned open() const noexcept { return open_; }

private:
    using tcp = asio::ip::tcp;
    using endpoint = tcp::endpoint;

    /// One connection, and the one to the server that it is handed on to. What goes on in it keeps it
    /// alive; it ends with its client.
    struct guest {
        guest(tcp::socket c, bool comes_to_no_harm)
            : client(std::move(c)), server(client.get_executor()), harmless(comes_to_no_harm) {}

        tcp::socket& of(side s) noexcept { return s == side::client ? client : server; }

        tcp::socket client;
        tcp::socket server;
        bool const harmless;
        bool lost = false; // what comes now goes nowhere
        struct way {
            std::array<char, 4096> read;
            std::string kept; // the beginning of a record
            std::size_t records = 0;
        };
        std::array<way, 2> ways{};
    };
    using guest_ptr = std::shared_ptr<guest>;

    static constexpr std::size_t index(side s) noexcept { return static_cast<std::size_t>(s); }
    static constexpr side other(side s) noexcept {
        return s == side::client ? side::server : side::client;
    }

    void accept() {
        acceptor_.async_accept([this](std::error_code error, tcp::socket client) {
            if (error)
                return; // closed
            auto const g = std::make_shared<guest>(std::move(client), mended_);
            ++open_;
            g->server.connect(server_);
            listen(g, side::client);
            listen(g, side::server);
            accept();
        });
    }

    void listen(guest_ptr const& g, side from) {
        auto& bytes = g->ways[index(from)].read;
        g->of(from).async_read_some(
            asio::buffer(bytes), [this, g, from, &bytes](std::error_code error, std::size_t size) {
                if (error)
                    return end(*g, from);
                hear(*g, from, {bytes.data(), size});
                listen(g, from);
            });
    }

    void end(guest& g, side from) {
        std::error_code ignored;
        if (from == side::server && !g.lost)
            g.client.shutdown(tcp::socket::shutdown_send, ignored);
        if (from == side::server)
            return;
        g.client.close(ignored);
        g.server.close(ignored);
        --open_;
    }

    void hear(guest& g, side from, std::string_view bytes) {
        if (g.lost)
            return;
        if (g.harmless)
            return hand_on(g, from, bytes);
        auto& way = g.ways[index(from)];
        way.kept.append(bytes);
        while (way.kept.size() >= header_size && !g.lost) {
            auto const size =
                header_size + (std::size_t{byte(way.kept[3])} << 8) + byte(way.kept[4]);
            if (way.kept.size() < size)
                return;
            auto record = way.kept.substr(0, size);
            way.kept.erase(0, size);
            auto const number = way.records++;
            sent_[index(from)] = std::max(sent_[index(from)], way.records);
            if (fault_.what != harm::none && fault_.sender == from && fault_.number == number)
                do_harm(g, record);
            else
                hand_on(g, from, record);
        }
    }

    /// A connection has little to say, so that this need not wait.
    static void hand_on(guest& g, side from, std::string_view bytes) {
        std::error_code ignored; // who does not take it has ended, which will be heard
        asio::write(g.of(other(from)), asio::buffer(bytes), ignored);
    }

    void do_harm(guest& g, std::string& record) {
        ++harmed_;
        switch (fault_.what) {
        case harm::none: break;
        case harm::end_before:
        case harm::silence_before: return lose(g);
        case harm::end_within:
        case harm::reset_within:
        case harm::silence_within:
            record.resize(record.size() / 2);
            hand_on(g, fault_.sender, record);
            return lose(g);
        case harm::other_bytes:
            for (std::size_t i = 0; i < record.size(); ++i)
                record[i] = text[i % text.size()];
            break;
        case harm::other_content:
            for (std::size_t i = header_size; i < record.size(); ++i)
                record[i] = static_cast<char>(~record[i]);
            break;
        }
        hand_on(g, fault_.sender, record);
    }

    void lose(guest& g) const {
        g.lost = true;
        std::error_code ignored;
        if (fault_.what == harm::end_before || fault_.what == harm::end_within)
            g.client.shutdown(tcp::socket::shutdown_send, ignored);
        if (fault_.what != harm::reset_within)
            return;
        g.client.set_option(asio::socket_base::linger(true, 0), ignored);
        g.client.close(ignored);
    }

    static unsigned char byte(char c) noexcept { return static_cast<unsigned char>(c); }

    static constexpr std::size_t header_size = 5;
    static constexpr std::string_view text = "-ERR this is no record\r\n";

    tcp::acceptor acceptor_;
    endpoint const server_;
    fault const fault_;
    std::array<std::size_t, 2> sent_{};
    unsigned harmed_ = 0;
    unsigned open_ = 0;
    bool mended_ = false;
};
