// SPDX-License-Identifier: MIT
#include <hubbub/hub/calls/method_table.hpp>

#include <hubbub/error.hpp>
#include <hubbub/hub/streams/stream_pipe.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace method_table_test {

using namespace hubbub::detail;

namespace {

struct kept_answer final : answer_sink {
    void take(answer given) override { taken = std::move(given); }
    std::optional<answer> taken;
};

struct counted final : method {
    explicit counted(std::function<void()> end = {}) : at_end(std::move(end)) {}
    ~counted() override {
        if (at_end)
            at_end();
    }
    void call(method_call call) override {
        ++calls;
        call.done->take({});
    }
    std::function<void()> const at_end;
    int calls = 0;
};

/// Calls a method, and says how that ended.
answer call(method_table const& table, std::string name) {
    auto const done = std::make_shared<kept_answer>();
    table.call({hubbub::caller(std::make_shared<caller_state>()),
                shared_call(std::move(name), packed()), done, asio::any_io_executor()});
    REQUIRE(done->taken);
    return *done->taken;
}

} // namespace

TEST_CASE("a method is found by its name, and one that there is not is named in the answer") {
    method_table table;
    auto const m = std::make_shared<counted>();
    table.on("send", m);
    CHECK(!call(table, "send").error);
    CHECK(m->calls == 1);
    for (std::string const unknown : {"Send", "sen", "send ", ""}) {
        auto const given = call(table, unknown);
        CHECK(given.error == hubbub::hub_errc::unknown_method);
        CHECK(given.text == "there is no method '" + unknown + "'");
    }
    CHECK(m->calls == 1);
}

TEST_CASE("the case of letters is ignored where that is wanted, and of ASCII letters alone") {
    method_table table(true);
    auto const m = std::make_shared<counted>();
    table.on("SendAll\xc3\x84", m);
    CHECK(!call(table, "sendall\xc3\x84").error);
    CHECK(!call(table, "SENDALL\xc3\x84").error);
    CHECK(call(table, "sendall\xc3\xa4").error == hubbub::hub_errc::unknown_method);
    CHECK(m->calls == 2);
}

TEST_CASE("a method that is replaced ends with no lock held, after the calls that run in it") {
    method_table table;
    std::string seen;
    table.on("send", std::make_shared<counted>([&] {
                 seen += "old one ended;";
                 table.on("other", std::make_shared<counted>()); // would wait for the lock
             }));
    auto const next = std::make_shared<counted>();
    table.on("send", next);
    CHECK(seen == "old one ended;");
    CHECK(!call(table, "send").error);
    CHECK(next->calls == 1);
    CHECK(!call(table, "other").error);
}

TEST_CASE(
    "the streams of a call must be those of its method, and what is wrong with them is told") {
    auto const pipe = std::make_shared<stream_pipe>(1, 0);
    for (std::size_t given = 0; given < 3; ++given)
        for (unsigned taken = 0; taken < 3; ++taken)
            for (bool const by_stream : {false, true})
                for (bool const answers : {false, true}) {
                    method_call c{hubbub::caller(std::make_shared<caller_state>()),
                                  shared_call("m", packed()), nullptr, asio::any_io_executor()};
                    for (std::size_t i = 0; i < given; ++i)
                        c.streams.arguments.push_back(std::make_shared<receiving_end>(pipe));
                    if (by_stream)
                        c.streams.result = pipe;
                    auto const said = mismatched_streams(c, taken, answers);
                    if (given != taken)
                        CHECK(said == "'m' takes " + std::to_string(taken) + " streams, not " +
                                          std::to_string(given));
                    else if (by_stream != answers)
                        CHECK(said == (answers ? "'m' answers with a stream"
                                               : "'m' answers with no stream"));
                    else
                        CHECK(said.empty());
                }
}

} // namespace method_table_test
