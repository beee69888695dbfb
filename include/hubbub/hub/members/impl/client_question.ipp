// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/client_question.hpp>

#include <hubbub/error.hpp>

namespace hubbub::detail {

HUBBUB_DECL client_question::~client_question() {
    take({.error = hub_errc::method_failed, .text = "the client gave no answer"});
}

} // namespace hubbub::detail
