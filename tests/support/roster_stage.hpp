// SPDX-License-Identifier: MIT
#pragma once

#include "support/machine_stage.hpp"

#include <hubbub/hub/members/roster.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace support {

/// A roster of the server "s", and connections that enter it by a name in the test.
struct roster_stage : machine_stage {
    struct receiver final : detail::call_receiver {
        explicit receiver(detail::roster& r) : here(&r) {}
        void on_call(detail::client_call const& /*c*/,
                     detail::member_list const& /*members*/) override {}
        void on_deserted(std::string const& topic) override { here->tidy(topic); }
        detail::roster* here;
    };

    /// Enters as "enter <name>"; does nothing if it is there.
    void enter(std::string const& name, std::string user = {}) {
        if (is_in(name))
            return;
        auto const c = make_told(std::move(user));
        c->number = ++last;
        c->id = "s-" + std::to_string(last);
        who[name] = c;
        auto const as = "enter " + name + (known[name]++ == 0 ? "" : " again");
        ++begun;
        here.enter(calls, c, {io.get_executor(), [this, c, as](std::error_code e) {
                                  ended[as].push_back(e);
                                  if (!e && admits)
                                      here.admit(c);
                                  refused[c] = static_cast<bool>(e);
                              }});
    }

    /// As members do: a connection that could not enter leaves.
    void let_go() {
        for (auto const& [c, is] : std::exchange(refused, {}))
            if (is && here.leave(c))
                here.end_reported();
    }

    bool is_in(std::string const& name) const {
        auto const found = who.find(name);
        return found != who.end() && here.find(found->second->id) != nullptr;
    }

    std::string id(std::string const& name) const {
        auto const found = who.find(name);
        return found == who.end() ? "s-unknown" : found->second->id;
    }

    /// Returns as what it completes.
    std::string add(std::string const& name, std::string const& group) {
        auto as = "add " + name + " " + group + " " + std::to_string(++begun);
        here.add_to_group(calls, id(name), group, into(as));
        return as;
    }

    void remove(std::string const& name, std::string const& group) {
        auto const e = here.remove_from_group(id(name), group);
        CHECK((!e) == is_in(name));
    }

    void leave(std::string const& name) {
        if (auto const found = who.find(name); found != who.end() && here.leave(found->second))
            here.end_reported();
    }

    detail::roster here{bus, topics, 2};
    std::shared_ptr<receiver> calls = std::make_shared<receiver>(here);
    std::map<std::string, told_ptr> who;
    std::map<std::string, int> known;
    std::map<told_ptr, bool> refused;
    std::uint64_t last = 0;
    /// How many operations.
    std::size_t begun = 0;
    /// Whether who enters is admitted then.
    bool admits = true;
};

} // namespace support
