// Which options a hub refuses, and what it says.
#include "support/hub_stage.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace {

/// What a hub says of options; nothing if it takes them.
std::string refusal_of(hubbub::hub_options const& options) {
    asio::io_context io;
    hubbub::any_transport transport(
        std::make_unique<hubbub::local_transport>(io.get_executor(), hubbub::local_broker{}));
    json_setup::bus bus(transport);
    try {
        hubbub::hub<json_setup::bus> const hub(bus, options);
        return {};
    } catch (std::invalid_argument const& e) {
        return e.what();
    }
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a hub whose topics would be among those of another is refused by its name") {
    CHECK(refusal_of({.name = "chat/group"}) ==
          "hub_options: name is 'chat/group'; a '/' in it would mix the topics of this hub with "
          "those of another: use another character");
    CHECK(refusal_of({.name = "chat.group"}).empty());
}

TEST_SUITE_END();
