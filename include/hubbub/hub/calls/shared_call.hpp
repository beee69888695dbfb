// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/calls/encodings.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/packed.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hubbub::detail {

/// One call of a method, whose arguments are packed: a handle that is cheap to copy. All recipients
/// share one.
class shared_call {
public:
    /// Makes an empty one, to be assigned to.
    shared_call() = default;
    shared_call(std::string method, packed arguments);

    explicit operator bool() const noexcept { return content_ != nullptr; }

    std::string_view method() const noexcept { return content_->method; }
    packed const& arguments() const noexcept { return content_->arguments; }
    /// The forms in which recipients need it.
    encodings& forms() const noexcept { return content_->forms; }

    /// Returns about how many bytes it takes where it waits: those of its encoding, if it has any.
    std::size_t size() const noexcept;

    /// The same with the one that waits for an answer.
    shared_call asked_by(std::shared_ptr<answer_sink> asker) const;
    std::shared_ptr<answer_sink> const& asked() const noexcept { return asked_; }

private:
    struct content {
        content(std::string m, packed a) : method(std::move(m)), arguments(std::move(a)) {}

        std::string const method;
        packed const arguments;
        encodings mutable forms;
    };

    std::shared_ptr<content const> content_;
    std::shared_ptr<answer_sink> asked_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/calls/impl/shared_call.ipp>
#endif
