// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/serializer/in_place.hpp>
#include <hubbub/testing/stage.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::testing {

namespace detail {

struct counts_copies {
    counts_copies() = default;
    counts_copies(counts_copies const& other) : copies(other.copies) { ++*copies; }
    counts_copies(counts_copies&&) noexcept = default;
    counts_copies& operator=(counts_copies const&) = delete;
    counts_copies& operator=(counts_copies&&) = delete;
    ~counts_copies() = default;

    std::shared_ptr<std::atomic<int>> copies = std::make_shared<std::atomic<int>>(0);
};

struct cannot_be_copied {
    std::unique_ptr<std::string> text;
};

} // namespace detail

/// The promises of a transport that carries objects.
template <transport Transport>
void add_object_cases(conformance_list<Transport>& cases) {
    cases.add("an object is copied once at most, whoever listens", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        hubbub::bus<Transport, in_place_serializer> left(a.transport());
        hubbub::bus<Transport, in_place_serializer> right(b.transport());
        int calls = 0;
        std::vector<subscription> made;
        for (auto* const bus : {&left, &right})
            for (int i = 0; i < 3; ++i)
                made.push_back(s.template listen<detail::counts_copies>(
                    *bus, "t", [&](detail::counts_copies const&) { ++calls; }));

        detail::counts_copies const object;
        require_equal(left.publish("t", object), std::error_code{}, "publish");
        s.run_until([&] { return calls >= 6; }, "the object at six sinks");
        require(*object.copies <= 1, "an object that stays with its publisher is copied once");

        detail::counts_copies moved;
        auto const copies = moved.copies;
        require_equal(left.publish("t", std::move(moved)), std::error_code{}, "publish");
        s.run_until([&] { return calls >= 12; }, "the object at six sinks");
        require_equal(copies->load(), 0, "copies of an object that was moved in");
    });

    cases.add("an object that cannot be copied is moved in", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        hubbub::bus<Transport, in_place_serializer> left(a.transport());
        hubbub::bus<Transport, in_place_serializer> right(b.transport());
        recorder seen;
        auto const sink = [&](detail::cannot_be_copied const& object) { seen.add(*object.text); };
        auto const first = s.template listen<detail::cannot_be_copied>(left, "t", sink);
        auto const second = s.template listen<detail::cannot_be_copied>(right, "t", sink);
        auto const make = [](char const* text) {
            return detail::cannot_be_copied{std::make_unique<std::string>(text)};
        };
        require_equal(left.publish("t", make("1")), std::error_code{}, "publish");
        std::vector<std::error_code> results;
        left.async_publish("t", make("2"), [&](std::error_code error, receiver_count) {
            results.push_back(error);
        });
        s.run_until([&] { return seen.count() >= 4 && !results.empty(); }, "objects at two sinks");
        require_equal(results.front(), std::error_code{}, "async_publish");
    });

    cases.add("objects from inside a sink keep their order", [](auto& s) {
        auto& a = s.add_server();
        hubbub::bus<Transport, in_place_serializer> objects(a.transport());
        std::vector<int> seen;
        auto const first = s.template listen<int>(objects, "t", [&](int number) {
            if (number < 10) {
                (void)objects.publish("t", number + 10);
                (void)objects.publish("t", number + 20);
            }
        });
        auto const second =
            s.template listen<int>(objects, "t", [&](int number) { seen.push_back(number); });
        (void)objects.publish("t", 1);
        s.run_until([&] { return seen.size() >= 3; }, "three objects");
        require_equal(seen, std::vector<int>{1, 11, 21}, "objects");
    });

    cases.add("an object of another type, and bytes, count as malformed", [](auto& s) {
        auto& a = s.add_server();
        hubbub::bus<Transport, in_place_serializer> objects(a.transport());
        std::vector<int> numbers;
        recorder texts;
        auto const first =
            s.template listen<int>(objects, "t", [&](int number) { numbers.push_back(number); });
        auto const second = s.listen(a, "t", texts.sink());
        (void)objects.publish("t", 1);
        (void)objects.publish("t", std::string("not a number"));
        a.publish("t", "bytes");
        (void)objects.publish("t", 2);
        s.flush(a, a);
        s.run_until([&] { return numbers.size() >= 2; }, "two numbers");
        require_equal(numbers, std::vector<int>{1, 2}, "numbers");
        require_equal(texts.seen(), std::vector<std::string>{"bytes"}, "texts");
        require_equal(objects.statistics().malformed, 2U, "what is no number");
        require_equal(a.bus().statistics().malformed, 3U, "what is no text");
    });
}

} // namespace hubbub::testing
