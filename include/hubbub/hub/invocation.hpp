// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/encodings.hpp>
#include <hubbub/hub/calls/packed.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
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

    /// Whether somebody waits for an answer: then reply or fail, once, from any thread; a copy may be
    /// kept until then. If the last copy goes without, that is the failure method_failed.
    bool wants_answer() const noexcept { return asked_ != nullptr; }
    /// Answers with a value. Precondition for both: wants_answer.
    template <class T>
    void reply(T&& value) const {
        asked_->take(detail::answer_with(content_->serializer, std::forward<T>(value)));
    }
    void reply() const { asked_->take({}); }
    /// Answers with a failure, and what to say about it.
    void fail(std::string text) const {
        asked_->take({.error = errc::method_failed, .text = std::move(text)});
    }

    /// The same with who waits for an answer.
    invocation asked_by(std::shared_ptr<detail::answered<Serializer>> who) const {
        auto copy = *this;
        copy.asked_ = std::move(who);
        return copy;
    }
    std::shared_ptr<detail::answered<Serializer>> const& asked() const noexcept { return asked_; }

    /// The arguments as they came, for who sends them on in a form of its own.
    packed const& packed_arguments() const noexcept { return content_->arguments; }
    Serializer const& serializer() const noexcept { return content_->serializer; }

    /// The call in the form of a protocol of clients, which `encode(std::string& out)` makes: it is
    /// called once, by the first who asks, and all recipients share the bytes. protocol names the
    /// form, and is not empty. The bytes are there as long as a copy of the call. encode may ask for
    /// another form of the call, and not for its own.
    ///
    /// Errors: those of encode, for all who ask. What it throws passes through, and then the next who
    ///         asks makes it.
    template <class Encode>
    std::error_code encoded(std::string_view protocol, Encode encode, std::string_view& out) const {
        return content_->made.get(protocol, std::move(encode), out);
    }

    /// The arguments in the encoding of the bus, which is made once, too.
    /// Errors: cannot_encode, also where the bus has no encoding.
    std::error_code encoded_arguments(std::string_view& out) const {
        if constexpr (std::same_as<packed, std::string>) {
            out = content_->arguments;
            return {};
        } else if constexpr (encodes_packed) {
            return content_->made.get(
                {},
                [this](std::string& bytes) {
                    return content_->serializer.encode(content_->arguments, bytes);
                },
                out);
        } else {
            return errc::cannot_encode;
        }
    }

    /// About what it takes where it waits, in bytes: those of its encoding, if it has any.
    std::size_t size() const {
        constexpr std::size_t envelope = 64;
        auto& known = content_->size;
        if (known == 0)
            known = envelope + content_->method.size() + size_of_arguments();
        return known;
    }

private:
    static constexpr bool encodes_packed =
        requires(Serializer const& s, packed const& arguments, std::string& out) {
            { s.encode(arguments, out) } -> std::same_as<std::error_code>;
        };

    struct content {
        content(std::string m, packed a, Serializer s)
            : method(std::move(m)), arguments(std::move(a)), serializer(std::move(s)) {}

        std::string const method;
        packed const arguments;
        [[no_unique_address]] Serializer const serializer;
        mutable detail::encodings made;
        mutable std::atomic<std::size_t> size = 0; // if it is known
    };

    std::size_t size_of_arguments() const {
        if constexpr (requires { Serializer::size_of(content_->arguments); }) {
            return Serializer::size_of(content_->arguments);
        } else {
            std::string_view bytes;
            static_cast<void>(encoded_arguments(bytes));
            return bytes.size();
        }
    }

    std::shared_ptr<content const> content_;
    std::shared_ptr<detail::answered<Serializer>> asked_;
};

/// Gets each invocation of one connection, on the bus's executor. What it throws is an event
/// outlet_failed of the hub; the other connections still get the invocation.
template <class Serializer>
using outlet = std::function<void(invocation<Serializer> const&)>;

} // namespace hubbub
