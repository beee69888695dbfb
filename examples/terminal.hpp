// Lines from standard input, while the io_context goes on with other things.
#pragma once

#include <hubbub/base/asio.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/read_until.hpp>

#include <cstddef>
#include <functional>
#include <iostream>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

class terminal {
public:
    explicit terminal(asio::io_context& io) : io_(io), input_(io) {}

    /// Calls on_line for each line, then on_end once.
    void start(std::function<void(std::string)> on_line, std::function<void()> on_end) {
        on_line_ = std::move(on_line);
        on_end_ = std::move(on_end);
        std::error_code is_a_file; // epoll takes terminals and pipes, and no files
        input_.assign(::dup(STDIN_FILENO), is_a_file);
        if (is_a_file)
            read_file();
        else
            read();
    }

    void stop() {
        on_end_ = nullptr;
        std::error_code ignored; // it is closed either way
        input_.close(ignored);
    }

private:
    void read() {
        asio::async_read_until(input_, asio::dynamic_buffer(buffer_), '\n',
                               [this](std::error_code error, std::size_t size) {
                                   if (error == asio::error::operation_aborted)
                                       return;
                                   if (error)
                                       return end();
                                   on_line_(buffer_.substr(0, size - 1));
                                   buffer_.erase(0, size);
                                   if (on_end_)
                                       read();
                               });
    }

    void read_file() {
        std::string line;
        if (!std::getline(std::cin, line))
            return end();
        on_line_(std::move(line));
        asio::post(io_, [this] {
            if (on_end_)
                read_file();
        });
    }

    void end() {
        if (!buffer_.empty())
            on_line_(std::exchange(buffer_, {}));
        if (auto const on_end = std::exchange(on_end_, nullptr))
            on_end();
    }

    asio::io_context& io_;
    asio::posix::stream_descriptor input_;
    std::string buffer_;
    std::function<void(std::string)> on_line_;
    std::function<void()> on_end_;
};
