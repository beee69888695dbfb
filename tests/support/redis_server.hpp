// SPDX-License-Identifier: MIT
#pragma once

#include <support/temporary_folder.hpp>

#include <hiredis/hiredis.h>

#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// A blocking connection to Redis that is not hubbub's: the third party of the tests.
class redis_client {
public:
    /// Connects to port, or to the unix socket at path if there is no port. Errors: throws
    /// std::runtime_error.
    redis_client(std::uint16_t port, std::string const& path)
        : context_(port != 0 ? redisConnectWithTimeout("127.0.0.1", port, patience)
                             : redisConnectUnixWithTimeout(path.c_str(), patience)) {
        if (!context_ || context_->err != 0)
            throw std::runtime_error(context_ ? context_->errstr : "no memory");
        redisSetTimeout(context_.get(), patience);
    }

    /// Sends one command and returns its reply as redis-cli would print it, arrays one element a
    /// line. Errors: throws std::runtime_error; an error reply is one, too.
    std::string command(std::vector<std::string> const& words) { return text(*reply(words)); }

    /// The same for a reply that is an array of strings.
    std::vector<std::string> list(std::vector<std::string> const& words) {
        auto const r = reply(words);
        std::vector<std::string> items;
        for (std::size_t i = 0; i < r->elements; ++i)
            items.push_back(text(*r->element[i]));
        return items;
    }

    /// The next message of a client that has subscribed.
    std::string read() {
        void* read = nullptr;
        if (redisGetReply(context_.get(), &read) != REDIS_OK)
            throw std::runtime_error(context_->errstr);
        return text(*reply_ptr(static_cast<redisReply*>(read)));
    }

private:
    struct free_context {
        void operator()(redisContext* c) const noexcept { redisFree(c); }
    };
    struct free_reply {
        void operator()(redisReply* r) const noexcept { freeReplyObject(r); }
    };
    using reply_ptr = std::unique_ptr<redisReply, free_reply>;

    static constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};

    reply_ptr reply(std::vector<std::string> const& words) {
        std::vector<char const*> texts;
        std::vector<std::size_t> sizes;
        for (auto const& word : words) {
            texts.push_back(word.data());
            sizes.push_back(word.size());
        }
        reply_ptr r(static_cast<redisReply*>(redisCommandArgv(
            context_.get(), static_cast<int>(words.size()), texts.data(), sizes.data())));
        if (!r)
            throw std::runtime_error(words.front() + ": " + context_->errstr);
        if (r->type == REDIS_REPLY_ERROR)
            throw std::runtime_error(words.front() + ": " + text(*r));
        return r;
    }

    static std::string text(redisReply const& r) {
        if (r.type == REDIS_REPLY_INTEGER)
            return std::to_string(r.integer);
        if (r.type != REDIS_REPLY_ARRAY)
            return r.str != nullptr ? std::string(r.str, static_cast<std::size_t>(r.len)) : "";
        std::string all;
        for (std::size_t i = 0; i < r.elements; ++i)
            all += (i == 0 ? "" : "\n") + text(*r.element[i]);
        return all;
    }

    std::unique_ptr<redisContext, free_context> context_;
};

/// A redis-server of the test's own, on a free port or a unix socket, which ends with it.
class redis_server {
public:
    enum class listens { on_port, on_unix_socket, on_tls_port };

    /// Starts it with the options given, as on its command line: {"--requirepass", "secret"}.
    /// With TLS the options name its certificate. Returns when it answers. Errors: throws std::runtime_error, with its log.
    explicit redis_server(listens where = listens::on_port, std::vector<std::string> options = {})
        : where_(where), options_(std::move(options)) {
        for (auto option = options_.begin(); option != options_.end(); ++option)
            if (*option == "--requirepass" && std::next(option) != options_.end())
                password_ = *std::next(option);
        constexpr int most_attempts = 10; // between finding a free port and taking it, it may go
        for (int attempt = 1; pid_ == 0; ++attempt) {
            if (where != listens::on_unix_socket)
                port_ = free_port();
            try {
                start();
            } catch (std::runtime_error const&) {
                if (attempt == most_attempts || where == listens::on_unix_socket)
                    throw;
            }
        }
    }

    redis_server(redis_server const&) = delete;
    redis_server& operator=(redis_server const&) = delete;
    ~redis_server() { kill(); }

    /// Zero if it listens on a unix socket.
    std::uint16_t port() const noexcept { return port_; }
    std::string socket_path() const { return (folder_.path / "redis.sock").string(); }
    std::string log() const {
        std::ifstream file(folder_.path / "log");
        return {std::istreambuf_iterator<char>(file), {}};
    }

    /// Starts it again where it was, empty; returns when it answers.
    void start() {
        auto const arguments = command_line();
        auto const log_path = (folder_.path / "log").string();
        auto const parent = getpid();
        pid_ = fork();
        if (pid_ < 0)
            throw std::runtime_error("cannot fork");
        if (pid_ == 0)
            become_server(arguments, log_path.c_str(), parent);
        wait_until_it_answers();
    }

    /// As an administrator stops it: it closes its connections. Returns when it has ended.
    void stop() { end(SIGTERM); }
    /// As the kernel ends a process.
    void kill() { end(SIGKILL); }

    /// It keeps its connections and answers nothing.
    void pause() const { ::kill(pid_, SIGSTOP); }
    void resume() const { ::kill(pid_, SIGCONT); }

    redis_client connect() const {
        redis_client client(where_ == listens::on_port ? port_ : std::uint16_t{}, socket_path());
        if (!password_.empty())
            client.command({"AUTH", password_});
        return client;
    }

    /// One command over a connection of its own. Errors: as redis_client::command.
    template <class... Words>
    std::string command(Words const&... words) const {
        return connect().command({std::string(words)...});
    }

private:
    static std::uint16_t free_port() {
        int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        bool const ok =
            fd >= 0 && bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
        close(fd);
        if (!ok)
            throw std::runtime_error("there is no free port");
        return ntohs(address.sin_port);
    }

    std::vector<std::string> command_line() const {
        std::vector<std::string> words{
            "redis-server", "--save", "", "--appendonly", "no", "--dir", folder_.path.string()};
        if (where_ == listens::on_port)
            words.insert(words.end(), {"--port", std::to_string(port_)});
        else // with TLS too, for the third parties of the test
            words.insert(words.end(), {"--port", "0", "--unixsocket", socket_path()});
        if (where_ == listens::on_tls_port)
            words.insert(words.end(), {"--tls-port", std::to_string(port_)});
        if (where_ != listens::on_unix_socket)
            words.insert(words.end(), {"--bind", "127.0.0.1"});
        words.insert(words.end(), options_.begin(), options_.end());
        return words;
    }

    /// In the child: nothing here allocates.
    [[noreturn]] static void become_server(std::vector<std::string> const& arguments,
                                           char const* log_path, pid_t parent) {
        constexpr std::size_t most_words = 64;
        char const* words[most_words] = {};
        for (std::size_t i = 0; i < arguments.size() && i + 1 < most_words; ++i)
            words[i] = arguments[i].c_str();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(126); // the test ended before that took effect
        int const log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        close_range(STDERR_FILENO + 1, ~0U, 0); // what the test has open stays its own
        execvp(words[0], const_cast<char**>(words));
        _exit(127);
    }

    void wait_until_it_answers() {
        constexpr int most_glances = 2000;
        constexpr int glance_in_milliseconds = 5;
        int const process = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
        for (int i = 0; i < most_glances; ++i) {
            try {
                connect().command({"PING"});
                close(process);
                return;
            } catch (std::runtime_error const&) {
                // Not yet. The wait ends at once if the process does.
            }
            pollfd ended{.fd = process, .events = POLLIN, .revents = 0};
            if (poll(&ended, 1, glance_in_milliseconds) == 1)
                break;
        }
        close(process);
        kill();
        throw std::runtime_error("redis-server does not start:\n" + log());
    }

    void end(int signal) {
        if (pid_ <= 0)
            return;
        ::kill(pid_, signal);
        ::kill(pid_, SIGCONT); // it may be paused
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = 0;
    }

    listens const where_;
    temporary_folder const folder_;
    std::vector<std::string> options_;
    std::string password_;
    std::uint16_t port_ = 0;
    pid_t pid_ = 0;
};
