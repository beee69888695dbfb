// SPDX-License-Identifier: MIT
#include <hubbub/redis/command.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace command_test {

using hubbub::redis::append_command;
using hubbub::redis::append_publish;
using namespace std::string_view_literals;

namespace {

std::string publish(std::string_view prefix, std::string_view topic, std::string_view payload) {
    std::string out;
    append_publish(out, prefix, topic, payload);
    return out;
}

} // namespace

TEST_CASE("a publish is three bulk strings, and the prefix is a part of the channel") {
    CHECK(publish("Chat:", "room.42", "hi") ==
          "*3\r\n$7\r\nPUBLISH\r\n$12\r\nChat:room.42\r\n$2\r\nhi\r\n");
    CHECK(publish("", "t", "") == "*3\r\n$7\r\nPUBLISH\r\n$1\r\nt\r\n$0\r\n\r\n");
}

TEST_CASE("names and payloads go out byte for byte, whatever they contain") {
    CHECK(publish("a\0:"sv, "b\0c"sv, "\r\n\0$1\r\n"sv) ==
          "*3\r\n$7\r\nPUBLISH\r\n$6\r\na\0:b\0c\r\n$7\r\n\r\n\0$1\r\n\r\n"sv);
    CHECK(publish("", "zürich", "\xff\xfe") ==
          "*3\r\n$7\r\nPUBLISH\r\n$7\r\nzürich\r\n$2\r\n\xff\xfe\r\n");
}

TEST_CASE("the length of a large payload is written in full") {
    std::string const payload(1234567, 'x');
    auto const out = publish("", "t", payload);

    CHECK(out.starts_with("*3\r\n$7\r\nPUBLISH\r\n$1\r\nt\r\n$1234567\r\nxxx"));
    CHECK(out.ends_with("xxx\r\n"));
}

TEST_CASE("a command has as many bulk strings as words") {
    std::string out;
    append_command(out, "PING");
    CHECK(out == "*1\r\n$4\r\nPING\r\n");

    out.clear();
    append_command(out, "SUBSCRIBE", "a\0b"sv, std::string("c d"));
    CHECK(out == "*3\r\n$9\r\nSUBSCRIBE\r\n$3\r\na\0b\r\n$3\r\nc d\r\n"sv);
}

TEST_CASE("commands are appended to what is there") {
    std::string out = "+";
    append_command(out, "PING");
    append_publish(out, "", "t", "p");
    CHECK(out == "+*1\r\n$4\r\nPING\r\n*3\r\n$7\r\nPUBLISH\r\n$1\r\nt\r\n$1\r\np\r\n");
}

} // namespace command_test
