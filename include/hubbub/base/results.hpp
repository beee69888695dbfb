// SPDX-License-Identifier: MIT
#pragma once

#include <new>
#include <tuple>
#include <utility>

namespace hubbub::detail {

/// The results of one operation, until its handler gets them. A tuple, and for the few that there
/// mostly are, what costs the compiler less than one.
template <class... Results>
struct result_pack {
    explicit result_pack(Results&&... results) : all(std::move(results)...) {}
    template <class Handler>
    void give_to(Handler&& handler) {
        std::apply(std::forward<Handler>(handler), std::move(all));
    }
    std::tuple<Results...> all;
};

template <>
struct result_pack<> {
    template <class Handler>
    void give_to(Handler&& handler) {
        std::forward<Handler>(handler)();
    }
};

template <class Result>
struct result_pack<Result> {
    template <class Handler>
    void give_to(Handler&& handler) {
        std::forward<Handler>(handler)(std::move(only));
    }
    Result only;
};

template <class First, class Second>
struct result_pack<First, Second> {
    template <class Handler>
    void give_to(Handler&& handler) {
        std::forward<Handler>(handler)(std::move(first), std::move(second));
    }
    First first;
    Second second;
};

/// Room for a value that is put in later, if at all: an optional that does less, and costs the
/// compiler less.
template <class T>
class late {
public:
    late() noexcept {}
    late(late const&) = delete;
    late& operator=(late const&) = delete;
    ~late() {
        if (there_)
            value_.~T();
    }

    /// Precondition: it is empty.
    template <class... Parts>
    void put(Parts&&... parts) {
        ::new (static_cast<void*>(&value_)) T{std::forward<Parts>(parts)...};
        there_ = true;
    }

    /// Precondition: it is not. The value that stays is moved from.
    T take() { return std::move(value_); }

private:
    union {
        T value_;
    };
    bool there_ = false;
};

} // namespace hubbub::detail
