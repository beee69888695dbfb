// SPDX-License-Identifier: MIT
#include <hubbub/hub/calls/encodings.hpp>

#include <hubbub/error.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace encodings_test {

TEST_CASE("a form of a message is made once for all who ask, from whatever thread") {
    hubbub::detail::encodings forms;
    std::atomic<int> made = 0;
    std::vector<std::string_view> seen(4);
    std::vector<std::thread> threads;
    for (auto& mine : seen)
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i)
                static_cast<void>(forms.get(
                    "a",
                    [&](std::string& out) {
                        ++made;
                        out = "bytes of a";
                        return std::error_code();
                    },
                    mine));
        });
    for (auto& t : threads)
        t.join();
    CHECK(made == 1);
    for (auto const& bytes : seen) {
        CHECK(bytes == "bytes of a");
        CHECK(bytes.data() == seen[0].data());
    }
}

TEST_CASE("each form has a name, and one may be made of another") {
    hubbub::detail::encodings forms;
    auto const inner = [](std::string& out) {
        out = "[1]";
        return std::error_code();
    };
    std::string_view outer;
    CHECK(!forms.get(
        "outer",
        [&](std::string& out) {
            std::string_view bytes;
            auto const error = forms.get("inner", inner, bytes);
            out.append("<").append(bytes).append(">");
            return error;
        },
        outer));
    CHECK(outer == "<[1]>");
    std::string_view again;
    CHECK(!forms.get("inner", inner, again));
    CHECK(again == "[1]");
    CHECK(outer == "<[1]>");
}

TEST_CASE("that a form cannot be made is said to all; what is thrown, to the one who tried") {
    hubbub::detail::encodings forms;
    int tried = 0;
    std::string_view bytes;
    auto const refuse = [&](std::string&) -> std::error_code {
        ++tried;
        return hubbub::errc::cannot_encode;
    };
    CHECK(forms.get("a", refuse, bytes) == hubbub::errc::cannot_encode);
    CHECK(forms.get("a", refuse, bytes) == hubbub::errc::cannot_encode);
    CHECK(tried == 1);

    auto const fail = [](std::string&) -> std::error_code { throw std::runtime_error("no"); };
    CHECK_THROWS_AS(static_cast<void>(forms.get("b", fail, bytes)), std::runtime_error);
    CHECK(!forms.get(
        "b",
        [](std::string& out) {
            out = "made";
            return std::error_code();
        },
        bytes));
    CHECK(bytes == "made");
}

} // namespace encodings_test
