// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/packed.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace hubbub {

/// One call of a client's method, as it reaches the client's server: a handle that is cheap to copy
/// and may be kept. All recipients share one.
///
/// Thread safety: distinct objects safe, also of one call.
template <class Serializer>
class invocation {
public:
    using packed = detail::packed<Serializer>;

    /// Of nothing; it is there to be assigned to.
    invocation() = default;
    invocation(std::string method, packed arguments, Serializer const& serializer)
        : content_(std::make_shared<content>(std::move(method), std::move(arguments), serializer)) {
    }

    explicit operator bool() const noexcept { return content_ != nullptr; }

    std::string_view method() const noexcept { return content_->method; }

    /// The arguments as a tuple of these types.
    /// Errors: malformed_payload if there are fewer or more, or of other types.
    template <class... Args>
    std::error_code arguments(std::tuple<Args...>& out) const {
        return detail::unpack(content_->serializer, content_->arguments, out);
    }

    /// The arguments as they came, for who sends them on in a form of its own.
    packed const& packed_arguments() const noexcept { return content_->arguments; }
    Serializer const& serializer() const noexcept { return content_->serializer; }

private:
    struct content {
        content(std::string m, packed a, Serializer s)
            : method(std::move(m)), arguments(std::move(a)), serializer(std::move(s)) {}

        std::string const method;
        packed const arguments;
        [[no_unique_address]] Serializer const serializer;
    };

    std::shared_ptr<content const> content_;
};

/// Gets each invocation of one connection, on the bus's executor. What it throws is an event
/// outlet_failed of the hub; the other connections still get the invocation.
template <class Serializer>
using outlet = std::function<void(invocation<Serializer> const&)>;

} // namespace hubbub
