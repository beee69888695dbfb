// A chat for one person: each process is a server of its own on the backplane.
#include "chat_room.hpp"
#include "choose_transport.hpp"
#include "terminal.hpp"

#include <hubbub/serializer/json.hpp>
#include <hubbub/transport/drain.hpp>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

namespace {

constexpr auto usage = R"(usage: chat --name NAME [--group GROUP] [--redis URL]

Joins a server of its own to the backplane and sends each line of standard input to the group.
Others' lines are printed as "bob: hi".

  --name NAME    who you are
  --group GROUP  where you talk (lobby)
  --redis URL    redis://[user:password@]host[:port]/0[?app=NAME], or unix:///path; without it you
                 are alone, on a local bus
  --help         this text

  /who           who is here
  /join GROUP    go to another group
  /quit          leave, as the end of input and Ctrl-C do
)";

/// What the command line asks for, wrongly.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct arguments {
    std::string name;
    std::string group = "lobby";
    std::string redis;
};

/// The arguments; nothing if help was asked for.
std::optional<arguments> parse(std::span<char const* const> words) {
    arguments result;
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string_view const option = words[i];
        if (option == "--help")
            return std::nullopt;
        std::string* const value = option == "--name"    ? &result.name
                                   : option == "--group" ? &result.group
                                   : option == "--redis" ? &result.redis
                                                         : nullptr;
        if (value == nullptr)
            throw usage_error("unknown option \"" + std::string(option) +
                              "\"; known are --name, --group, --redis and --help");
        if (++i == words.size())
            throw usage_error(std::string(option) + " needs a value");
        *value = words[i];
        if (value->empty())
            throw usage_error(std::string(option) + " is empty");
    }
    if (result.name.empty())
        throw usage_error("--name is missing: who are you?");
    return result;
}

template <hubbub::message_bus Bus>
class chat {
public:
    chat(asio::io_context& io, Bus& bus, arguments const& a)
        : bus_(bus), terminal_(io), signals_(io, SIGINT, SIGTERM),
          room_(
              bus, a.name, a.group,
              {.message = [](std::string user,
                             std::string text) { std::cout << user << ": " << text << std::endl; },
               .present =
                   [](std::string user) {
                       std::cout << "* " << user << " is here\n" << std::flush;
                   }}) {
        bus_.set_observer([this](hubbub::event const& e) { tell(e); });
        signals_.async_wait([this](std::error_code error, int) {
            if (!error)
                leave();
        });
        room_.enter([this](std::error_code error) {
            if (ended_)
                return;
            if (error)
                return fail("cannot enter: " + error.message());
            terminal_.start([this](std::string const& line) { read(line); }, [this] { leave(); });
        });
    }

    int status() const noexcept { return status_; }

private:
    void read(std::string const& line) {
        if (line == "/quit")
            leave();
        else if (line == "/who")
            complain(room_.who());
        else if (line.starts_with("/join ") && line.size() > 6)
            room_.move_to(line.substr(6), [this](std::error_code error) {
                complain(error);
                if (!error)
                    std::cerr << "you are in " << room_.group() << '\n';
            });
        else if (line.starts_with('/'))
            std::cerr << "no such command; there are /who, /join GROUP and /quit\n";
        else if (!line.empty())
            complain(room_.say(line));
    }

    static void complain(std::error_code error) {
        if (error)
            std::cerr << "not sent: " << error.message() << '\n';
    }

    void tell(hubbub::event const& e) {
        if (auto const* const retry = std::get_if<hubbub::link_retry>(&e)) {
            waiting(*retry);
        } else if (auto const* const lost = std::get_if<hubbub::link_lost>(&e)) {
            told_ = lost->reason;
            std::cerr << "the backplane is lost: " << told_.message() << "; trying again\n";
        } else if (std::holds_alternative<hubbub::link_up>(e)) {
            if (told_)
                std::cerr << "the backplane is back\n";
            told_.clear();
            was_whole_ = true;
        } else if (auto const* const failed = std::get_if<hubbub::link_failed>(&e)) {
            fail("cannot use the backplane: " + failed->reason.message());
        } else if (auto const* const unknown = std::get_if<hubbub::publishes_unknown>(&e)) {
            std::cerr << "the link fell while " << unknown->count
                      << " messages were on their way: they may be lost\n";
        } else if (auto const* const missing = std::get_if<hubbub::gap>(&e)) {
            std::cerr << missing->last - missing->first + 1 << " messages of others were lost\n";
        } else if (auto const* const bad = std::get_if<hubbub::message_malformed>(&e)) {
            std::cerr << "a message on " << bad->topic << " is not ours\n";
        }
    }

    /// Says it once for each reason.
    void waiting(hubbub::link_retry const& retry) {
        if (retry.reason == asio::error::host_not_found && !was_whole_)
            return fail("the host in --redis does not resolve: " + retry.reason.message());
        if (std::exchange(told_, retry.reason) != retry.reason)
            std::cerr << "waiting for the backplane: " << retry.reason.message() << '\n';
    }

    void fail(std::string const& why) {
        if (status_ == 0)
            std::cerr << "chat: " << why << '\n';
        status_ = 1;
        end();
    }

    /// Waits until the backplane has every line.
    void leave() {
        terminal_.stop();
        hubbub::async_drain(bus_.transport(), std::chrono::seconds(2),
                            [this](std::error_code error, std::uint64_t lost) {
                                if (error && !ended_)
                                    return fail("left before the backplane had everything: " +
                                                std::to_string(lost) + " messages, " +
                                                error.message());
                                end();
                            });
    }

    void end() {
        ended_ = true;
        room_.leave();
        terminal_.stop();
        signals_.cancel();
        bus_.transport().close();
    }

    Bus& bus_;
    terminal terminal_;
    asio::basic_signal_set<asio::io_context::executor_type> signals_;
    chat_room<Bus> room_;
    std::error_code told_;
    bool was_whole_ = false;
    bool ended_ = false;
    int status_ = 0;
};

int run(arguments const& a) {
    asio::io_context io;
    if (a.redis.empty())
        std::cerr << "no --redis: you are alone on a local bus\n";
    auto transport = choose_transport(io, hubbub::local_broker(), a.redis);
    hubbub::bus bus{transport, hubbub::json_serializer{}};
    chat program{io, bus, a};
    io.run();
    return program.status();
}

} // namespace

int main(int count, char** words) {
    try {
        auto const a = parse({words + 1, static_cast<std::size_t>(count - 1)});
        if (!a) {
            std::cout << usage;
            return 0;
        }
        return run(*a);
    } catch (usage_error const& wrong) {
        std::cerr << "chat: " << wrong.what() << "\n\n" << usage;
        return 2;
    } catch (std::invalid_argument const& wrong) { // the URL
        std::cerr << "chat: --redis: " << wrong.what() << '\n';
        return 2;
    } catch (std::exception const& failure) {
        std::cerr << "chat: " << failure.what() << '\n';
        return 1;
    }
}
