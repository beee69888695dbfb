// SPDX-License-Identifier: MIT
#include <hubbub/hub/members/audience.hpp>

#include "support/machine_stage.hpp"

#include <hubbub/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace audience_test {

using namespace hubbub::detail;
using hubbub::errc;
using hubbub::hub_errc;
using support::fate;
using support::make_told;
using support::strings;

namespace {

struct receiver final : call_receiver {
    void on_call(client_call const& c, member_list const& members) override {
        std::string text = c.method + ":";
        for (auto const& m : members)
            text += " " + m->id;
        calls.push_back(text);
    }
    void on_deserted(std::string const& topic) override { deserted.push_back(topic); }

    strings calls;
    strings deserted;
};

struct stage : support::machine_stage {
    stage() {
        for (std::size_t i = 0; i < 3; ++i) {
            all.push_back(make_told());
            all.back()->number = i + 1;
            all.back()->id = std::string(1, static_cast<char>('a' + i));
        }
    }

    void join(std::size_t i, std::string const& name, std::size_t most = 0) {
        topic->join(all[i], into(name), most);
    }

    std::string members() const {
        std::string ids;
        for (auto const& m : *topic->members())
            ids += m->id;
        return ids;
    }

    std::shared_ptr<receiver> calls = std::make_shared<receiver>();
    std::shared_ptr<audience> topic = std::make_shared<audience>(bus, "hub/all", calls);
    std::vector<member_ptr> all;
};

} // namespace

TEST_CASE("however its subscription fails, all who wait are told, nobody is in, and joining tries "
          "it again") {
    for (auto const f : support::wrong_fates) {
        stage s;
        s.transport.script(1, f);
        s.join(0, "a");
        s.join(1, "b");
        s.join(1, "b again");
        CHECK(!s.topic->deserted());
        s.run();
        for (auto const* const name : {"a", "b", "b again"})
            CHECK(s.outcome(name) == support::reset);
        CHECK(s.members().empty());
        CHECK(s.topic->deserted());
        CHECK(s.transport.topics().empty());

        s.join(0, "a once more");
        s.run();
        CHECK(s.outcome("a once more") == std::error_code());
        CHECK(s.members() == "a");
        CHECK(s.transport.topics() == strings{"hub/all"});
        CHECK(s.transport.steps() == 2);
    }
}

TEST_CASE("wherever somebody leaves, his joins end once, and only who stays is a member") {
    // He joins; another does; the subscription is active.
    for (std::size_t leaves = 1; leaves <= 3; ++leaves)
        for (bool const both : {false, true}) {
            CAPTURE(leaves);
            CAPTURE(both);
            stage s;
            s.transport.usual = fate::waits;
            for (std::size_t moment = 1; moment <= 3; ++moment) {
                if (moment == 3)
                    s.transport.answer();
                else
                    s.join(moment - 1, moment == 1 ? "a" : "b");
                s.run();
                if (moment == leaves)
                    s.topic->leave(s.all[0], hub_errc::unknown_connection);
                if (both && moment == std::max<std::size_t>(leaves, 2))
                    s.topic->leave(s.all[1], {});
            }
            s.run();
            CHECK(s.outcome("a") ==
                  (leaves < 3 ? make_error_code(hub_errc::unknown_connection) : std::error_code()));
            CHECK(s.outcome("b") == std::error_code());
            CHECK(s.members() == (both ? "" : "b"));
            CHECK(s.topic->deserted() == both);
            bool const in_vain = both && leaves < 3;
            CHECK(s.calls->deserted == (in_vain ? strings{"hub/all"} : strings{}));
            if (in_vain)
                CHECK(s.transport.topics().empty());
        }
}

TEST_CASE("wherever it is closed, what waits ends as closed, and nothing reaches anybody later") {
    for (std::size_t closes = 1; closes <= 3; ++closes) {
        CAPTURE(closes);
        stage s;
        s.transport.usual = fate::waits;
        for (std::size_t moment = 1; moment <= closes; ++moment) {
            if (moment == 3)
                s.transport.answer();
            else
                s.join(moment - 1, moment == 1 ? "a" : "b");
            s.run();
        }
        s.topic->close();
        s.run();
        for (std::size_t i = 1; i <= std::min<std::size_t>(closes, 2); ++i)
            CHECK(s.outcome(i == 1 ? "a" : "b") ==
                  (closes == 3 ? std::error_code() : make_error_code(errc::closed)));
        s.transport.answer_all();
        s.run();
        CHECK(s.members().empty());
        CHECK(s.transport.topics().empty());
    }
}

TEST_CASE("while it subscribes nobody lets go of it, so that one subscription waits at a time") {
    stage s;
    s.transport.usual = fate::waits;
    s.join(0, "a");
    s.topic->leave(s.all[0], {});
    CHECK(!s.topic->deserted());
    s.join(1, "b");
    CHECK(s.transport.steps() == 1);
    s.transport.answer();
    s.run();
    CHECK(s.members() == "b");
    CHECK(s.calls->deserted.empty());
    s.join(2, "c");
    s.run();
    CHECK(s.outcome("c") == std::error_code());
    CHECK(s.transport.steps() == 1);
}

TEST_CASE("calls come with who is a member then, in the order in which these connected") {
    stage s;
    s.join(2, "c");
    s.run();
    s.transport.deliver("hub/all", client_call{.method = "1", .arguments = {}});
    s.join(0, "a");
    s.join(1, "b");
    s.join(0, "a again");
    s.transport.deliver("hub/all", client_call{.method = "2", .arguments = {}});
    s.topic->leave(s.all[1], {});
    s.transport.deliver("hub/all", client_call{.method = "3", .arguments = {}});
    CHECK(s.calls->calls == strings{"1: c", "2: a b c", "3: a c"});
    CHECK(s.topic->has(s.all[0]));
    CHECK(!s.topic->has(s.all[1]));
}

TEST_CASE("so many joins of one connection wait, and others do not count for it") {
    stage s;
    s.transport.usual = fate::waits;
    s.join(0, "1", 2);
    s.join(0, "2", 2);
    s.join(0, "3", 2);
    s.join(1, "other", 2);
    CHECK(s.topic->awaits(s.all[0]));
    CHECK(!s.topic->awaits(s.all[2]));
    s.run();
    CHECK(s.outcome("3") == errc::queue_full);
    s.transport.answer();
    s.run();
    for (auto const* const name : {"1", "2", "other"})
        CHECK(s.outcome(name) == std::error_code());
    CHECK(!s.topic->awaits(s.all[0]));
}

TEST_CASE("a call that comes when its receiver has ended is for nobody") {
    stage s;
    s.join(0, "a");
    s.run();
    s.calls.reset();
    s.transport.deliver("hub/all", client_call{.method = "1", .arguments = {}});
    s.topic->leave(s.all[0], {});
    CHECK(s.topic->deserted());
}

} // namespace audience_test
