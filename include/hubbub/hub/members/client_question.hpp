// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/frames/single_answer.hpp>
#include <hubbub/hub/streams/stop_list.hpp>

#include <system_error>

namespace hubbub::detail {

/// A question to a client. The one that is to answer keeps it.
class client_question final : public single_answer, public stoppable {
public:
    using single_answer::single_answer;
    ~client_question() override;

    /// Its connection has ended.
    void stop(std::error_code why) override { take({.error = why}); }

private:
    void on_answer(answer& given) override { given.thrown = nullptr; } // it is the client's own
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/client_question.ipp>
#endif
