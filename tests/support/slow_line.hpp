// SPDX-License-Identifier: MIT
#pragma once

#include <support/temporary_folder.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace support {

/// The way to a unix socket, over a line that carries a mebibyte a second each way. A unix socket,
/// since the system holds no more than some 200 KiB on the way. One thread runs io.
class slow_line {
public:
    slow_line(asio::io_context& io, std::string to)
        : io_(&io), to_(std::move(to)), acceptor_(io, protocol::endpoint(path())) {
        accept();
    }

    std::string path() const { return (folder_.path / "slow.sock").string(); }

    /// From now on nothing goes through, either way, and nobody is told.
    void freeze() { *frozen_ = true; }

private:
    using protocol = asio::local::stream_protocol;
    using socket_ptr = std::shared_ptr<protocol::socket>;

    /// One direction of a connection.
    struct lane : std::enable_shared_from_this<lane> {
        lane(asio::io_context& io, socket_ptr f, socket_ptr t, std::shared_ptr<bool> stop)
            : from(std::move(f)), to(std::move(t)), pause(io), frozen(std::move(stop)) {}

        void carry() {
            if (*frozen)
                return rest(); // and hold both ends open
            from->async_read_some(asio::buffer(piece), [self = shared_from_this()](
                                                           std::error_code error, std::size_t n) {
                if (error)
                    return self->end();
                asio::async_write(*self->to, asio::buffer(self->piece, n),
                                  [self](std::error_code failed, std::size_t) {
                                      if (failed)
                                          return self->end();
                                      self->rest();
                                  });
            });
        }

        void rest() {
            pause.expires_after(std::chrono::milliseconds(16));
            pause.async_wait([self = shared_from_this()](std::error_code) { self->carry(); });
        }

        void end() const {
            std::error_code ignored;
            from->close(ignored);
            to->close(ignored);
        }

        socket_ptr from;
        socket_ptr to;
        asio::steady_timer pause;
        std::shared_ptr<bool> frozen;
        std::array<char, std::size_t{16} << 10> piece{};
    };

    void accept() {
        acceptor_.async_accept([this](std::error_code error, protocol::socket guest) {
            if (error)
                return;
            auto const near = std::make_shared<protocol::socket>(std::move(guest));
            auto const far = std::make_shared<protocol::socket>(*io_);
            std::error_code refused;
            far->connect(protocol::endpoint(to_), refused); // at once, on a unix socket
            if (!refused) {
                std::make_shared<lane>(*io_, near, far, frozen_)->carry();
                std::make_shared<lane>(*io_, far, near, frozen_)->carry();
            }
            accept();
        });
    }

    asio::io_context* io_;
    std::string to_;
    temporary_folder folder_;
    protocol::acceptor acceptor_;
    std::shared_ptr<bool> frozen_ = std::make_shared<bool>(false);
};

} // namespace support
