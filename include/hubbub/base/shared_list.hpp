// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// A list that many read without holding a lock while they use it. A reader takes a snapshot; a
/// writer changes the list in place if nobody holds one, and else replaces it.
///
/// The owner's lock guards read (shared) and write (exclusive); snapshots are used and dropped
/// without it. std::shared_ptr would not do: its use_count() orders nothing, so that a writer
/// could not know that the last reader is done.
template <class T>
class shared_list {
    struct node {
        std::atomic<std::size_t> owners = 1;
        std::vector<T> items;
    };

public:
    /// Keeps the items as they were when it was taken. Movable; empty when default-constructed.
    class snapshot {
    public:
        snapshot() = default;
        snapshot(snapshot&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
        snapshot& operator=(snapshot&& other) noexcept {
            std::swap(node_, other.node_);
            return *this;
        }
        ~snapshot() { release(node_); }

        explicit operator bool() const noexcept { return node_ != nullptr; }
        std::vector<T> const& operator*() const noexcept { return node_->items; }

    private:
        friend shared_list;
        explicit snapshot(node* n) noexcept : node_(n) {
            n->owners.fetch_add(1, std::memory_order_relaxed);
        }

        node* node_ = nullptr;
    };

    shared_list() : node_(new node) {}
    shared_list(shared_list&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    shared_list& operator=(shared_list&& other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ~shared_list() { release(node_); }

    snapshot read() const { return snapshot(node_); }
    bool empty() const noexcept { return node_->items.empty(); }

    /// Calls change(std::vector<T>&) on a list that no reader sees.
    /// Complexity: what change costs, and a copy if a snapshot is held.
    template <class Change>
    void write(Change change) {
        if (node_->owners.load(std::memory_order_acquire) > 1) {
            auto* const copy = new node{.items = node_->items};
            release(std::exchange(node_, copy));
        }
        change(node_->items);
    }

private:
    static void release(node* n) noexcept {
        if (n != nullptr && n->owners.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete n;
    }

    node* node_;
};

} // namespace hubbub::detail
