// SPDX-License-Identifier: MIT
#pragma once

#include <forward_list>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// The forms in which one message is written, each made once, by the first who asks for it.
///
/// Thread safety: all functions, from any thread. A thread that asks for a form while it is made
///                waits.
class encodings {
public:
    /// The form of a name, which `encode(std::string& out)` makes, and why it cannot be. It lives
    /// as long as this object. An exception of encode passes through, and the next call makes the
    /// form.
    template <class Encode>
    std::error_code get(std::string_view name, Encode encode, std::string_view& out) {
        auto& made = at(name);
        std::lock_guard const lock(made.mutex); // and not mutex_: encode may ask for another form
        if (!made.done) {
            std::string bytes;
            made.error = encode(bytes);
            made.bytes = std::move(bytes);
            made.done = true;
        }
        out = made.bytes;
        return made.error;
    }

private:
    struct form {
        explicit form(std::string_view n) : name(n) {}

        std::string const name;
        std::mutex mutex; // guards what follows; once it is done it stays
        bool done = false;
        std::error_code error;
        std::string bytes;
    };

    form& at(std::string_view name) {
        std::lock_guard const lock(mutex_);
        for (auto& known : forms_)
            if (known.name == name)
                return known;
        return forms_.emplace_front(name);
    }

    std::mutex mutex_; // guards forms_
    std::forward_list<form> forms_;
};

} // namespace hubbub::detail
