// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/stage.hpp>

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::testing {

/// Natural numbers as decimal digits: all that a case of malformed payloads needs.
struct number_serializer {
    std::error_code encode(int value, std::string& out) const {
        if (value < 0)
            return errc::cannot_encode;
        out += std::to_string(value);
        return {};
    }

    std::error_code decode(std::string_view bytes, int& value) const {
        auto const* const end = bytes.data() + bytes.size();
        auto const read = std::from_chars(bytes.data(), end, value);
        if (read.ec != std::errc{} || read.ptr != end)
            return errc::malformed_payload;
        return {};
    }
};

/// The promises about what a message may hold.
template <transport Transport>
void add_payload_cases(conformance_list<Transport>& cases) {
    cases.add("a payload arrives as it was, from nothing to 16 MiB", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        recorder near;
        recorder far;
        auto const first = s.listen(a, "t", near.sink());
        auto const second = s.listen(b, "t", far.sink());
        std::string every_byte;
        for (int c = 0; c < 256; ++c)
            every_byte += static_cast<char>(c);
        std::string large(std::size_t{16} << 20, '\0');
        for (std::size_t i = 0; i < large.size(); ++i) // all bytes, and no two parts alike
            large[i] = static_cast<char>(i ^ (i >> 8) ^ (i >> 16));

        std::vector<std::string> const payloads{"",
                                                every_byte,
                                                "\r\n",
                                                "",
                                                std::string(1, '\0'),
                                                std::string(16384, 'x'),
                                                std::string(65536, 'y'),
                                                large,
                                                "after"};
        for (auto const& payload : payloads)
            a.publish("t", payload);
        s.run_until([&] { return near.count() >= 9 && far.count() >= 9; }, "all payloads");
        require_equal(near.seen(), payloads, "payloads on the server that published");
        require_equal(far.seen(), payloads, "payloads on another server");
    });

    cases.add("a payload over the limit is refused, one at the limit is not", [](auto& s) {
        auto& a = s.add_server({.max_payload_bytes = 1000});
        recorder seen;
        auto const made = s.listen(a, "t", seen.sink());
        std::string const largest(1000, 'x');
        std::string const too_large(1001, 'x');
        require_equal(a.bus().publish("t", too_large), errc::payload_too_large, "publish");
        std::vector<std::error_code> results;
        for (auto const& payload : {too_large, largest})
            a.bus().async_publish("t", payload, [&](std::error_code error, receiver_count) {
                results.push_back(error);
            });
        a.publish("t", largest);
        s.run_until([&] { return results.size() == 2; }, "async_publish");
        require_equal(results[0], errc::payload_too_large, "async_publish over the limit");
        require_equal(results[1], std::error_code{}, "async_publish at the limit");
        s.flush(a, a);
        require_equal(seen.seen(), std::vector<std::string>{largest, largest}, "messages");
        require_equal(a.bus().statistics().refused, 2U, "refused");
    });

    cases.add("each of 10000 topics gets its own message", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        constexpr std::size_t count = 10000;
        std::vector<std::string> last(count);
        std::size_t arrived = 0;
        std::vector<subscription> subscriptions;
        for (std::size_t i = 0; i < count; ++i)
            a.bus().template async_subscribe<std::string>(
                "topic " + std::to_string(i),
                [&, i](std::string const& payload) {
                    last[i] += payload;
                    ++arrived;
                },
                [&](std::error_code error, subscription made) {
                    if (!error)
                        subscriptions.push_back(std::move(made));
                });
        s.run_until([&] { return subscriptions.size() == count; }, "10000 subscriptions");
        for (std::size_t i = 0; i < count; ++i)
            b.publish("topic " + std::to_string(i), std::to_string(i));
        s.run_until([&] { return arrived >= count; }, "10000 messages");
        for (std::size_t i = 0; i < count; ++i)
            require_equal(last[i], std::to_string(i), "message on a topic");
        subscriptions.clear();
        s.flush(b, a);
    });

    cases.add("a payload that does not decode is counted, and the stream goes on", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        hubbub::bus<Transport, number_serializer> numbers(a.transport());
        recorder told;
        numbers.set_observer([&](event const& e) {
            if (auto const* const malformed = std::get_if<message_malformed>(&e))
                told.add(std::string(malformed->topic) + ": " + malformed->reason.message());
        });
        std::vector<int> seen;
        auto const first =
            s.template listen<int>(numbers, "t", [&](int number) { seen.push_back(number); });
        auto const second = s.template listen<int>(numbers, "t", [](int) {});
        std::string const garbage(std::size_t{1} << 20, '\xee');
        for (std::string_view const payload : {"1", "two", "3", "", "4x", garbage.c_str(), "5"})
            b.publish("t", payload);
        s.flush(b, a);
        require_equal(seen, std::vector<int>{1, 3, 5}, "numbers");
        auto const told_so = "t: " + std::error_code(errc::malformed_payload).message();
        require_equal(told.seen(), std::vector<std::string>(4, told_so), "events");
        require_equal(numbers.statistics().malformed, 8U, "malformed, of two subscriptions");
        require_equal(numbers.statistics().delivered, 6U, "delivered");
    });

    cases.add("buses with different serializers share a transport", [](auto& s) {
        auto& a = s.add_server();
        hubbub::bus<Transport, number_serializer> numbers(a.transport());
        recorder texts;
        std::vector<int> seen;
        auto const first = s.listen(a, "t", texts.sink());
        auto const second =
            s.template listen<int>(numbers, "t", [&](int number) { seen.push_back(number); });
        a.publish("t", "1");
        require_equal(numbers.publish("t", 2), std::error_code{}, "publish of a number");
        a.publish("t", "three");
        s.flush(a, a);
        require_equal(texts.seen(), std::vector<std::string>{"1", "2", "three"}, "texts");
        require_equal(seen, std::vector<int>{1, 2}, "numbers");
        require_equal(numbers.statistics().malformed, 1U, "malformed numbers");
        require_equal(a.bus().statistics().malformed, 0U, "malformed texts");
    });

    cases.add("a topic is decoded as each subscription asks", [](auto& s) {
        auto& a = s.add_server();
        recorder texts;
        recorder views;
        std::size_t bytes = 0;
        auto const first = s.listen(a, "t", texts.sink());
        auto const second = s.template listen<std::string_view>(
            a.bus(), "t", [&](std::string_view view) { views.add(std::string(view)); });
        auto const third = s.template listen<std::vector<std::byte>>(
            a.bus(), "t", [&](std::vector<std::byte> const& raw) { bytes += raw.size(); });
        a.publish("t", "12345");
        s.flush(a, a);
        require_equal(texts.seen(), std::vector<std::string>{"12345"}, "texts");
        require_equal(views.seen(), std::vector<std::string>{"12345"}, "views");
        require_equal(bytes, 5U, "bytes");
    });

    cases.add("a message that cannot be encoded is refused", [](auto& s) {
        auto& a = s.add_server();
        hubbub::bus<Transport, number_serializer> numbers(a.transport());
        require_equal(numbers.publish("t", -1), errc::cannot_encode, "publish");
        std::vector<std::error_code> results;
        numbers.async_publish(
            "t", -1, [&](std::error_code error, receiver_count) { results.push_back(error); });
        require(results.empty(), "no handler runs inside its operation");
        s.run_until([&] { return !results.empty(); }, "async_publish");
        require_equal(results.front(), errc::cannot_encode, "async_publish");
        require_equal(numbers.publish("t", 1), std::error_code{}, "the next publish");
        s.flush(a, a);
        auto const n = numbers.statistics();
        require_equal(n.refused, 2U, "refused");
        require_equal(n.published, n.refused + n.confirmed, "published");
    });
}

} // namespace hubbub::testing
