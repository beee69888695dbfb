// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace hubbub {

/// Decides what happens to a call for a connection whose outbox is full.
enum class overflow {
    /// The oldest that wait are dropped for it.
    drop_oldest,
    /// It is dropped.
    drop_newest,
    /// Only the latest call of each method waits, full or not; beyond that as drop_oldest.
    latest_per_method,
    /// The connection is ended, as slow_consumer.
    disconnect,
};

/// The bounds of the calls that wait until one connection reads them.
struct outbox_options {
    std::size_t max_messages = 1000;
    /// In bytes of the arguments' encoding, and the method's name. A single call that is larger
    /// waits alone.
    std::size_t max_bytes = std::size_t{1} << 20;
    overflow when_full = overflow::disconnect;
};

} // namespace hubbub
