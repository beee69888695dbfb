// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/calls/method.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// Methods by name.
///
/// Thread safety: all functions, from any thread; methods run with no lock held, on the thread
/// that calls.
class method_table {
public:
    explicit method_table(bool ignores_case = false) : ignores_case_(ignores_case) {}

    /// Replaces the method of this name, if there is one.
    void on(std::string_view name, std::shared_ptr<method> m);

    /// Calls a method; call.done takes its answer.
    /// Errors of the answer: unknown_method, wrong_arguments, method_failed.
    void call(method_call call) const;

private:
    std::string key(std::string_view name) const;

    bool const ignores_case_;
    mutable std::mutex mutex_; // guards methods_
    std::map<std::string, std::shared_ptr<method>, std::less<>> methods_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/calls/impl/method_table.ipp>
#endif
