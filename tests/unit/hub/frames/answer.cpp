// SPDX-License-Identifier: MIT
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/serializer/json.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace answer_test {

using namespace hubbub::detail;
using hubbub::hub_errc;

namespace {

/// The answer of a method that throws that.
template <class Thrown>
answer thrown(Thrown const& what, bool detailed) {
    try {
        throw what;
    } catch (...) {
        return answer_with_exception(detailed);
    }
}

} // namespace

TEST_CASE("an answer that travels to another server arrives as it was") {
    answer value{.value = packed("[1]")};
    answer failure{.error = hub_errc::refused, .text = "no"};
    answer asked{.presence = std::make_shared<presence_answer const>(presence_answer{.count = 3})};
    for (auto const* const sent : {&value, &failure, &asked}) {
        auto const m = frame_of(7, *sent);
        CHECK(m.verb == verb::done);
        CHECK(m.request == 7);
        auto const read = answer_of(m);
        CHECK(read.error == sent->error);
        CHECK(read.text == sent->text);
        CHECK(read.value.bytes == sent->value.bytes);
        CHECK(!read.presence == !sent->presence);
        if (read.presence)
            CHECK(read.presence->count == 3);
    }
    CHECK(!frame_of(7, {}).error);
    CHECK(!frame_of(7, {}).arguments);
}

TEST_CASE("an error of others than hubbub travels as one of the server, with what it says") {
    auto const error = std::make_error_code(std::errc::connection_reset);
    auto const read = answer_of(frame_of(1, {.error = error}));
    CHECK(read.error == hub_errc::server_failed);
    CHECK(read.text == error.message());
    CHECK(answer_of(frame_of(1, {.error = error, .text = "own"})).text == "own");
}

TEST_CASE(
    "what a method throws is told its caller if it is a hub_error, else its text where that is "
    "wanted, and always the owner") {
    for (bool const detailed : {false, true}) {
        auto const told = thrown(hubbub::hub_error("for all"), detailed);
        CHECK(told.error == hub_errc::method_failed);
        CHECK(told.text == "for all");
        CHECK(!told.thrown);
        auto const known = thrown(std::runtime_error("secret"), detailed);
        CHECK(known.error == hub_errc::method_failed);
        CHECK(known.text == (detailed ? "secret" : ""));
        CHECK(known.thrown);
        auto const other = thrown(17, detailed);
        CHECK(other.error == hub_errc::method_failed);
        CHECK(other.text.empty());
        CHECK(other.thrown);
    }
}

TEST_CASE(
    "the asker gets the value as the type that it asks for, or that it is none, or why there is "
    "none") {
    hubbub::json_serializer const json;
    auto const given = answer_with(json, 42);
    REQUIRE(!given.error);
    CHECK(*outcome_of<int>(json, given) == 42);
    CHECK(outcome_of<std::string>(json, given).error() == hub_errc::wrong_result);
    CHECK(outcome_of<void>(json, given));
    auto const failed = outcome_of<int>(json, {.error = hub_errc::refused, .text = "no"});
    CHECK(failed.error() == hub_errc::refused);
    CHECK(failed.text() == "no");
    CHECK(*outcome_of<std::string>(json, answer_with(json, "text travels by value")) ==
          "text travels by value");
}

TEST_CASE("opaque bytes are wrapped and found again, and what is no such wrapping is empty") {
    for (std::string const& bytes :
         {std::string(), std::string("\0\xff", 2), std::string(70000, 'x')})
        CHECK(unwrap_opaque(wrap_opaque(bytes)) == bytes);
    for (std::string_view const wrong : {"", "\xc6", "[1]", "plain text"})
        CHECK(unwrap_opaque(wrong).empty());
}

} // namespace answer_test
