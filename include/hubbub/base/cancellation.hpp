// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/cancellation_type.hpp>

#include <utility>

namespace hubbub::detail {

/// Has a function called when a slot is emitted: cancel_by(slot)(function).
template <class Slot>
auto cancel_by(Slot slot) {
    return [slot](auto cancel) mutable {
        if (slot.is_connected())
            slot.assign([cancel = std::move(cancel)](asio::cancellation_type type) mutable {
                if (type != asio::cancellation_type::none)
                    cancel();
            });
    };
}

/// A handler of which the cancellation slot is left alone once it is called.
template <class Handler>
class cancellable_handler {
public:
    explicit cancellable_handler(Handler handler) : handler_(std::move(handler)) {}

    template <class... Results>
    void operator()(Results&&... results) {
        auto slot = asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
            slot.clear();
        std::move(handler_)(std::forward<Results>(results)...);
    }

private:
    Handler handler_;
};

} // namespace hubbub::detail
