// A chat over any number of servers, on any bus: what a user of hubbub writes.
#pragma once

#include <hubbub/bus.hpp>
#include <hubbub/hub.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

/// One member of the chat, on a server of its own.
template <hubbub::message_bus Bus>
class chat_room {
public:
    /// Told what happens, as (what, who, text).
    struct events {
        std::function<void(std::string user, std::string text)> message;
        std::function<void(std::string user)> present;
    };

    chat_room(Bus& bus, std::string user, std::string group, events on)
        : hub_(bus, {.name = "chat"}), user_(std::move(user)), group_(std::move(group)) {
        member_.on("messageReceived", std::move(on.message));
        member_.on("isHere", std::move(on.present));
        // Who is asked "who is here?" answers the asker alone, wherever it is.
        member_.on("whoIsHere", [this](std::string asker) {
            hub_.clients().client(asker).send("isHere", user_);
        });
        // What a client may ask of the hub.
        hub_.on("send", [this](hubbub::caller const& who, std::string text) {
            hub_.clients().others_in_group(group_, who).send("messageReceived", who.user(), text);
        });
        hub_.on("who", [this](hubbub::caller const& who) {
            hub_.clients().group(group_).send("whoIsHere", who.connection_id());
        });
    }

    /// Connects and joins the group; then calls done(std::error_code).
    template <class Done>
    void enter(Done done) {
        hub_.async_connect(
            user_, member_,
            [this, done = std::move(done)](std::error_code error, auto connection) mutable {
                if (error)
                    return done(error);
                connection_ = std::move(connection);
                hub_.async_add_to_group(connection_.id(), group_, std::move(done));
            });
    }

    /// Leaves the present group for another; then calls done(std::error_code).
    template <class Done>
    void move_to(std::string group, Done done) {
        hub_.async_remove_from_group(connection_.id(), group_, [](std::error_code) {});
        group_ = std::move(group);
        hub_.async_add_to_group(connection_.id(), group_, std::move(done));
    }

    /// Leaves for good.
    void leave() { hub_.close(); }

    std::error_code say(std::string const& text) { return connection_.send("send", text); }
    std::error_code who() { return connection_.send("who"); }
    std::string const& group() const noexcept { return group_; }

private:
    hubbub::hub<Bus> hub_;
    hubbub::client_methods<Bus> member_;
    std::string user_;
    std::string group_;
    typename hubbub::hub<Bus>::connection_type connection_;
};
