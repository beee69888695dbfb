// Three servers in one process, and people on each who talk: on the local bus, or on Redis.
#include "chat_room.hpp"
#include "choose_transport.hpp"

#include <hubbub/serializer/json.hpp>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

/// Three people, each on a server of its own. Each line is said when all the others have seen the one before it.
template <hubbub::message_bus Bus>
class conversation {
public:
    conversation(asio::io_context& io, Bus& one, Bus& two, Bus& three) : patience_(io) {
        add("server 1", one, "ada");
        add("server 2", two, "bob");
        add("server 3", three, "eve");
        lines_ = {{0, "hello, who is here?"},
                  {2, "eve, on another server"},
                  {1, "bob, on a third one"},
                  {0, "so three servers are one room"},
                  {2, "and neither knows how many there are"}};
        patience_.expires_after(std::chrono::seconds(20));
        patience_.async_wait([this](std::error_code error) {
            if (!error)
                end("no answer from the backplane");
        });
        for (auto const& p : people_)
            p->room->enter([this](std::error_code error) {
                if (error)
                    return end(error.message());
                if (++entered_ == people_.size())
                    next();
            });
    }

    bool complete() const noexcept { return complete_; }

private:
    struct person {
        std::string server;
        std::string name;
        std::unique_ptr<chat_room<Bus>> room;
        Bus& bus;
    };

    void add(std::string server, Bus& bus, std::string name) {
        auto p = std::make_unique<person>(person{std::move(server), std::move(name), {}, bus});
        auto seen = [this, at = p.get()](std::string const& user, std::string const& text) {
            std::cout << "  " << at->server << " delivers to " << at->name << ":  " << user << ": "
                      << text << '\n';
            if (++seen_ == people_.size() - 1)
                next();
        };
        p->room = std::make_unique<chat_room<Bus>>(
            bus, p->name, "lobby",
            typename chat_room<Bus>::events{.message = seen, .present = [](std::string const&) {}});
        people_.push_back(std::move(p));
    }

    void next() {
        seen_ = 0;
        if (lines_.empty()) {
            complete_ = true;
            return end("");
        }
        auto const [who, text] = lines_.front();
        lines_.pop_front();
        auto& speaker = *people_[who];
        std::cout << speaker.name << ", on " << speaker.server << ", says: " << text << '\n';
        if (auto const error = speaker.room->say(text))
            end(error.message());
    }

    void end(std::string_view why) {
        if (!why.empty())
            std::cerr << "conversation: " << why << '\n';
        patience_.cancel();
        for (auto& p : people_)
            p->bus.transport().close();
    }

    asio::steady_timer patience_;
    std::vector<std::unique_ptr<person>> people_;
    std::deque<std::pair<std::size_t, std::string>> lines_;
    std::size_t entered_ = 0;
    std::size_t seen_ = 0;
    bool complete_ = false;
};

int run(std::string_view redis) {
    asio::io_context io;
    hubbub::local_broker broker;
    auto one = choose_transport(io, broker, redis);
    auto two = choose_transport(io, broker, redis);
    auto three = choose_transport(io, broker, redis);
    hubbub::bus a{one, hubbub::json_serializer{}};
    hubbub::bus b{two, hubbub::json_serializer{}};
    hubbub::bus c{three, hubbub::json_serializer{}};
    conversation talk{io, a, b, c};
    io.run();
    return talk.complete() ? 0 : 1;
}

} // namespace

int main(int count, char** words) {
    std::vector<std::string_view> const arguments(words + 1, words + count);
    if (arguments == std::vector<std::string_view>{"--help"}) {
        std::cout << "usage: conversation [--redis URL]\n\nThree people on three servers in one "
                     "process talk, over the local bus or over Redis.\n";
        return 0;
    }
    if (!arguments.empty() && (arguments.size() != 2 || arguments[0] != "--redis")) {
        std::cerr << "conversation: \"" << arguments[0]
                  << "\" is not understood; usage: conversation [--redis URL]\n";
        return 2;
    }
    try {
        return run(arguments.empty() ? std::string_view() : arguments[1]);
    } catch (std::invalid_argument const& wrong) { // the URL
        std::cerr << "conversation: --redis: " << wrong.what() << '\n';
        return 2;
    }
}
