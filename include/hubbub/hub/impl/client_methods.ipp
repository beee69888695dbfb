// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/client_methods.hpp>

#include <hubbub/hub/calls/method_table.hpp>

#include <exception>
#include <system_error>

namespace hubbub::detail {

/// Keeps an answer, to be thrown where it is a failure.
struct kept_answer final : answer_sink {
    void take(answer a) override { given = std::move(a); }
    answer given;
};

HUBBUB_DECL std::shared_ptr<method_table> make_method_table() {
    return std::make_shared<method_table>();
}

HUBBUB_DECL void set_method(method_table& methods, std::string_view name,
                            std::shared_ptr<method> m) {
    methods.on(name, std::move(m));
}

HUBBUB_DECL void call_client_method(method_table const& methods, shared_call const& call) {
    caller const nobody(std::make_shared<caller_state>());
    if (call.asked())
        return methods.call({nobody, call, call.asked(), {}, true});
    auto const end = std::make_shared<kept_answer>();
    methods.call({nobody, call, end, {}, true});
    if (end->given.thrown)
        std::rethrow_exception(end->given.thrown);
    if (end->given.error)
        throw std::system_error(end->given.error, end->given.text);
}

} // namespace hubbub::detail
