// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/faulty/faults.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>

namespace hubbub::testing::detail {

/// Numbers from a seed, the same on every platform, which the standard's distributions are not.
class seeded {
public:
    /// Each purpose has numbers of its own, from the same seed.
    seeded(std::uint64_t seed, std::uint32_t purpose) {
        std::seed_seq sequence{static_cast<std::uint32_t>(seed),
                               static_cast<std::uint32_t>(seed >> 32), purpose};
        engine_.seed(sequence);
    }

    /// From 0 to 1, 1 excluded.
    double fraction() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

    bool chance(double probability) { return fraction() < probability; }

    std::chrono::microseconds time(random_time const& t) {
        auto const choices = static_cast<double>((t.max - t.min).count() + 1);
        return t.min + std::chrono::microseconds(
                           static_cast<std::chrono::microseconds::rep>(fraction() * choices));
    }

    /// Without a memory: exponentially distributed.
    std::chrono::microseconds time_around(std::chrono::microseconds mean) {
        auto const factor = -std::log(1 - fraction());
        return std::chrono::microseconds(static_cast<std::chrono::microseconds::rep>(
            static_cast<double>(mean.count()) * factor));
    }

private:
    std::mt19937_64 engine_;
};

/// The fate of a message that comes.
struct fate {
    bool drop;
    bool duplicate;
    bool reorder;
    std::chrono::microseconds delay;
    std::chrono::microseconds copy_delay; // of the duplicate, after the first
};

/// Decides, by the seed alone. The n-th message has the same fate whatever happened before it, and
/// changing one probability leaves what the others do as it was.
class fault_plan {
public:
    explicit fault_plan(faults const& f) : faults_(f) {}

    fate next_fate() {
        fate next{}; // one after the other: the order in which arguments are made is no promise
        next.drop = incoming_.chance(faults_.drop);
        next.duplicate = incoming_.chance(faults_.duplicate);
        next.reorder = incoming_.chance(faults_.reorder);
        next.delay = incoming_.time(faults_.delay);
        auto const hold_back = incoming_.time(faults_.reorder_delay);
        if (next.reorder)
            next.delay += hold_back;
        next.copy_delay = incoming_.time(faults_.delay);
        return next;
    }

    std::chrono::microseconds next_send_delay() { return outgoing_.time(faults_.delay); }

    /// Whether a publish that was on its way out at a cut reaches the others.
    bool comes_through() { return unknown_.chance(0.5); }

    bool has_cuts() const noexcept { return faults_.mean_time_between_cuts.count() > 0; }
    std::chrono::microseconds next_cut() {
        return cuts_.time_around(faults_.mean_time_between_cuts);
    }
    std::chrono::microseconds next_cut_length() { return cuts_.time(faults_.cut_length); }

private:
    faults const faults_;
    seeded incoming_{faults_.seed, 1};
    seeded outgoing_{faults_.seed, 2};
    seeded unknown_{faults_.seed, 3};
    seeded cuts_{faults_.seed, 4};
};

} // namespace hubbub::testing::detail
