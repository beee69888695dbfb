// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/packed.hpp>

#include <functional>
#include <string_view>
#include <system_error>
#include <tuple>

namespace hubbub {

/// One call of a client's method, as it reaches the client's server. Valid during the call that
/// passes it.
template <class Serializer>
class invocation {
public:
    invocation(std::string_view method, detail::packed<Serializer> const& arguments,
               Serializer const& serializer)
        : method_(method), arguments_(&arguments), serializer_(&serializer) {}

    std::string_view method() const noexcept { return method_; }

    /// The arguments as a tuple of these types.
    /// Errors: malformed_payload if there are fewer or more, or of other types.
    template <class... Args>
    std::error_code arguments(std::tuple<Args...>& out) const {
        return detail::unpack(*serializer_, *arguments_, out);
    }

private:
    std::string_view method_;
    detail::packed<Serializer> const* arguments_;
    Serializer const* serializer_;
};

/// Gets each invocation of one connection, on the bus's executor. What it throws is an event
/// sink_failed of the bus; the other connections still get the invocation.
template <class Serializer>
using outlet = std::function<void(invocation<Serializer> const&)>;

} // namespace hubbub
