// Lines from standard input, while the io_context goes on with other things.
#pragma once

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <array>
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
        input_.async_read_some(
            asio::buffer(chunk_), [this](std::error_code error, std::size_t size) {
                if (error == asio::error::operation_aborted)
                    return;
                if (error)
                    return end();
                buffer_.append(chunk_.data(), size);
                std::size_t newline{};
                while (on_end_ && (newline = buffer_.find('\n')) != buffer_.npos) {
                    auto const line = buffer_.substr(0, newline);
                    buffer_.erase(0, newline + 1);
                    on_line_(line);
                }
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
    // On the executor of an io_context, and not on any: less to compile.
    asio::posix::basic_stream_descriptor<asio::io_context::executor_type> input_;
    std::array<char, 4096> chunk_;
    std::string buffer_; // what has no end of line yet
    std::function<void(std::string)> on_line_;
    std::function<void()> on_end_;
};
