// SPDX-License-Identifier: MIT
#include <hubbub/redis/resp.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace resp_test {

using hubbub::errc;
using hubbub::redis_errc;
using hubbub::redis::reply;
using hubbub::redis::resp_reader;
using hubbub::redis::value;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

std::string print(value const& v) {
    switch (v.type) {
    case value::kind::status: return "+" + std::string(v.text);
    case value::kind::error: return "-" + std::string(v.text);
    case value::kind::integer: return ":" + std::to_string(v.integer);
    case value::kind::string: return "\"" + std::string(v.text) + "\"";
    case value::kind::nil: return "nil";
    case value::kind::array: return "an array as an element";
    }
    return "?";
}

/// Writes each reply down, as `[+a, -b, :1, "c", nil]`.
struct recorder final : hubbub::redis::reply_handler {
    void on_reply(reply const& r) noexcept override {
        if (r.type != value::kind::array) {
            replies.push_back(print(r));
            return;
        }
        std::string text = "[";
        for (auto const& element : r.elements)
            text += (text.size() > 1 ? ", " : "") + print(element);
        replies.push_back(text + "]");
    }

    std::vector<std::string> replies;
};

constexpr std::size_t no_limit = std::size_t{1} << 30;

std::vector<std::string> read(std::string_view bytes) {
    recorder seen;
    resp_reader reader(seen, no_limit);
    CHECK(!reader.feed(bytes));
    return seen.replies;
}

std::error_code error_of(std::string_view bytes, std::size_t limit = no_limit) {
    recorder ignored;
    resp_reader reader(ignored, limit);
    return reader.feed(bytes);
}

std::string bulk(std::string_view text) {
    return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string message(std::string_view channel, std::string_view payload) {
    return "*3\r\n$7\r\nmessage\r\n" + bulk(channel) + bulk(payload);
}

/// Something of every kind.
std::string const stream =
    "+OK\r\n" + message("Chat:room", "hi") + ":-42\r\n-NOPERM no\r\n$-1\r\n" +
    "*4\r\n$8\r\npmessage\r\n$2\r\nr*\r\n$4\r\nroom\r\n$3\r\na\r\n\r\n" +
    "*3\r\n$9\r\nsubscribe\r\n$1\r\nt\r\n:1\r\n*0\r\n*-1\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n" +
    "*3\r\n$-1\r\n+b\r\n-c\r\n$0\r\n\r\n$3\r\n\0\r\n\r\n+\r\n"s;

std::vector<std::string> const content{"+OK",
                                       "[\"message\", \"Chat:room\", \"hi\"]",
                                       ":-42",
                                       "-NOPERM no",
                                       "nil",
                                       "[\"pmessage\", \"r*\", \"room\", \"a\r\n\"]",
                                       "[\"subscribe\", \"t\", :1]",
                                       "[]",
                                       "nil",
                                       "[\"pong\", \"\"]",
                                       "[nil, +b, -c]",
                                       "\"\"",
                                       "\"\0\r\n\""s,
                                       "+"};

} // namespace

TEST_CASE("replies of every kind arrive as what they are") {
    CHECK(read(stream) == content);
}

TEST_CASE("replies are the same wherever the stream is split") {
    for (std::size_t at = 0; at <= stream.size(); ++at) {
        CAPTURE(at);
        recorder seen;
        resp_reader reader(seen, no_limit);
        REQUIRE(!reader.feed(std::string_view(stream).substr(0, at)));
        REQUIRE(!reader.feed(std::string_view(stream).substr(at)));
        REQUIRE(seen.replies == content);
    }
}

TEST_CASE("replies are the same when each byte comes alone") {
    recorder seen;
    resp_reader reader(seen, no_limit);
    for (char const& byte : stream)
        REQUIRE(!reader.feed({&byte, 1}));
    CHECK(seen.replies == content);
}

TEST_CASE("a reply is handed over with its last byte, not later") {
    recorder seen;
    resp_reader reader(seen, no_limit);
    auto const bytes = message("t", "payload");
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i)
        REQUIRE(!reader.feed({&bytes[i], 1}));
    CHECK(seen.replies.empty());
    REQUIRE(!reader.feed({&bytes.back(), 1}));
    CHECK(seen.replies.size() == 1);
}

TEST_CASE("one feed may bring many replies") {
    std::string bytes;
    std::vector<std::string> expected;
    for (int i = 0; i < 5000; ++i) { // several slices of the reader
        auto const payload = std::string(static_cast<std::size_t>(i % 50), 'x');
        bytes += message("t" + std::to_string(i), payload);
        expected.push_back("[\"message\", \"t" + std::to_string(i) + "\", \"" + payload + "\"]");
    }
    CHECK(read(bytes) == expected);
}

TEST_CASE("a payload may span many slices, and what comes before and behind it is right") {
    for (std::size_t const size : {1000U, 1024U, 16U << 10, (16U << 10) + 1, 100'000U, 3U << 20}) {
        CAPTURE(size);
        std::string payload(size, '\0');
        for (std::size_t i = 0; i < size; ++i)
            payload[i] = static_cast<char>(i * 31 >> 3);
        CHECK(read(message("a", "b") + message("room", payload) + "+OK\r\n") ==
              std::vector<std::string>{"[\"message\", \"a\", \"b\"]",
                                       "[\"message\", \"room\", \"" + payload + "\"]", "+OK"});
    }
}

TEST_CASE("earlier elements stay right while the reader moves its buffer for later ones") {
    std::string const name(5000, 'n'); // the reader moves its buffer once 1 KiB is consumed
    std::string const payload(50'000, 'p');
    auto const bytes = "*4\r\n" + bulk("pmessage") + bulk(name + "*") + bulk(name) + bulk(payload);
    std::vector<std::string> const expected{"[\"pmessage\", \"" + name + "*\", \"" + name +
                                            "\", \"" + payload + "\"]"};
    for (std::size_t const step : {7U, 999U, 5010U, 20'000U}) {
        CAPTURE(step);
        recorder seen;
        resp_reader reader(seen, no_limit);
        for (int twice = 0; twice < 2; ++twice)
            for (std::size_t at = 0; at < bytes.size(); at += step)
                REQUIRE(!reader.feed(std::string_view(bytes).substr(at, step)));
        CHECK(seen.replies == std::vector<std::string>{expected[0], expected[0]});
    }
}

TEST_CASE("what is not the protocol is an error") {
    for (auto const bytes : {
             "HTTP/1.1 400 Bad Request\r\n"sv,
             "\r\n"sv,
             "\0"sv,
             ":\r\n"sv,
             ":x\r\n"sv,
             ":1x\r\n"sv,
             ":9223372036854775808\r\n"sv,
             "$\r\n"sv,
             "$x\r\n"sv,
             "$-2\r\n"sv,
             "$-9223372036854775808\r\n"sv,
             "$9223372036854775808\r\n"sv,
             "$99999999999999999999999999\r\n"sv,
             "*x\r\n"sv,
             "*-2\r\n"sv,
             "*2147483648\r\n"sv,
             "*99999999999999999999999999\r\n"sv,
             "*2\r\n$1\r\na\r\nx"sv,
         }) {
        CAPTURE(bytes);
        CHECK(error_of(bytes) == redis_errc::protocol_error);
        CHECK(error_of("+OK\r\n" + std::string(bytes)) == redis_errc::protocol_error);
    }
}

TEST_CASE("an array of more than four elements is an error as soon as it is announced") {
    CHECK(error_of("*5\r\n") == redis_errc::protocol_error);
    CHECK(error_of("*1000000000\r\n") == redis_errc::protocol_error);
    CHECK(!error_of("*4\r\n"));
}

TEST_CASE("an array within an array is an error, however deep") {
    CHECK(error_of("*1\r\n*1\r\n") == redis_errc::protocol_error);
    CHECK(error_of("*2\r\n:1\r\n*0\r\n") == redis_errc::protocol_error);
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += "*1\r\n";
    CHECK(error_of(deep) == redis_errc::protocol_error);
}

TEST_CASE("after an error nothing is handed over until reset") {
    recorder seen;
    resp_reader reader(seen, no_limit);
    CHECK(reader.feed("+a\r\n?\r\n+b\r\n") == redis_errc::protocol_error);
    CHECK(reader.feed("+c\r\n") == redis_errc::protocol_error);
    CHECK(seen.replies == std::vector<std::string>{"+a"});

    reader.reset();
    CHECK(!reader.feed("+d\r\n"));
    CHECK(seen.replies == std::vector<std::string>{"+a", "+d"});
}

TEST_CASE("reset forgets the reply that was under way, wherever it was") {
    for (std::size_t at = 0; at <= stream.size(); ++at) {
        CAPTURE(at);
        recorder seen;
        resp_reader reader(seen, no_limit);
        REQUIRE(!reader.feed(std::string_view(stream).substr(0, at)));
        seen.replies.clear();
        reader.reset();
        REQUIRE(!reader.feed(stream));
        REQUIRE(seen.replies == content);
    }
}

TEST_CASE("a reply that does not end within the limit is an error, and not kept further") {
    constexpr std::size_t limit = 60'000;
    std::string const half(limit / 2, 'x');
    for (std::string_view const start : {
             "+",                            // a line without an end
             "$",                            // a length without an end
             "$200000\r\n",                  // a payload that is too large
             "$9223372036854775807\r\n",     // the largest that can be said
             "*2\r\n$1\r\na\r\n$200000\r\n", // as an element
             "*2\r\n+",
         }) {
        CAPTURE(start);
        recorder seen;
        resp_reader reader(seen, limit);
        REQUIRE(!reader.feed(start));
        REQUIRE(!reader.feed(half));
        std::error_code error;
        std::size_t fed = half.size();
        for (; !error && fed < 2 * limit; fed += 1000)
            error = reader.feed(std::string_view(half).substr(0, 1000));
        CHECK(error == errc::payload_too_large);
        CHECK(fed <= limit + 2000);
        CHECK(seen.replies.empty());
    }
}

TEST_CASE("a line that does not end is an error at its own limit, which is an option") {
    for (std::size_t const most : {std::size_t{4} << 10, std::size_t{64} << 10}) {
        recorder ignored;
        resp_reader reader(ignored, no_limit, {.max_line_bytes = most});
        REQUIRE(!reader.feed("-" + std::string(most - 3, 'x') + "\r\n"));
        std::error_code error;
        std::size_t fed = 0;
        for (std::string const part(1000, 'x'); !error && fed < no_limit; fed += part.size())
            error = reader.feed(fed == 0 ? "+" + part : part);
        CHECK(error == redis_errc::protocol_error);
        CHECK(fed <= most + 5000);
        CHECK(ignored.replies.size() == 1);
    }
}

TEST_CASE("an array may have as many elements as the limit says") {
    auto const array_of = [](std::size_t n) {
        std::string text = "*" + std::to_string(n) + "\r\n";
        for (; n > 0; --n)
            text += ":1\r\n";
        return text;
    };
    for (auto const most : {std::size_t{4}, std::size_t{9}}) {
        recorder seen;
        resp_reader reader(seen, no_limit, {.max_elements = most});
        CHECK(!reader.feed(array_of(most)));
        CHECK(reader.feed(array_of(most + 1)) == redis_errc::protocol_error);
        CHECK(seen.replies.size() == 1);
    }
}

TEST_CASE("replies within the limit may go on for ever") {
    recorder seen;
    resp_reader reader(seen, 10'000);
    auto const one = message("t", std::string(9000, 'x'));
    for (int i = 0; i < 100; ++i)
        REQUIRE(!reader.feed(one));
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += one;
    REQUIRE(!reader.feed(many));
    CHECK(seen.replies.size() == 200);
}

TEST_CASE("damaged streams give replies or an error, in one piece as in many") {
    std::minstd_rand random(3);
    auto const below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    constexpr auto marks = "+-:$*\r\n0123456789x\0\xff"sv;
    int failures = 0;
    for (int i = 0; i < 20'000; ++i) {
        auto bytes = stream;
        for (std::size_t n = 1 + below(4); n > 0; --n) {
            auto const at = below(bytes.size());
            switch (below(3)) {
            case 0: bytes[at] = marks[below(marks.size())]; break;
            case 1: bytes.erase(at, 1 + below(5)); break;
            default: bytes.insert(at, 1, marks[below(marks.size())]);
            }
        }
        recorder whole;
        recorder pieces;
        resp_reader reader(whole, 4096);
        auto const error = reader.feed(bytes);
        resp_reader other(pieces, 4096);
        std::error_code error_in_pieces;
        for (std::size_t at = 0; at < bytes.size() && !error_in_pieces;) {
            auto const step = 1 + below(20);
            error_in_pieces = other.feed(std::string_view(bytes).substr(at, step));
            at += step;
        }
        REQUIRE(error == error_in_pieces);
        REQUIRE(whole.replies == pieces.replies);
        failures += error ? 1 : 0;
    }
    CHECK(failures > 1000); // else nothing was tested
}

} // namespace resp_test
