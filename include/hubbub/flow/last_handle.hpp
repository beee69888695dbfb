// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <utility>

namespace hubbub::detail {

/// Returns a pointer to state that its copies share: state->close() is called when the last of them
/// is gone, even if others keep the state itself alive.
template <class State>
std::shared_ptr<State> closed_with_the_last_handle(std::shared_ptr<State> state) {
    struct closer {
        explicit closer(std::shared_ptr<State> s) : state(std::move(s)) {}
        closer(closer const&) = delete;
        closer& operator=(closer const&) = delete;
        ~closer() { state->close(); }
        std::shared_ptr<State> const state;
    };
    auto* const address = state.get();
    return {std::make_shared<closer>(std::move(state)), address};
}

} // namespace hubbub::detail
