// SPDX-License-Identifier: MIT
#pragma once

#include "support/hub_stage.hpp"

#include <hubbub/hub/stream.hpp>

#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

using codes = std::vector<std::error_code>;

/// A server and one client of it, ada, between which streams go.
template <class Setup = json_setup>
struct stream_stage : stage<Setup> {
    explicit stream_stage(hubbub::hub_options const& options = stage<Setup>::defaults())
        : stream_stage(next_setting<Setup>(), options) {}
    stream_stage(hub_setting const& on, hubbub::hub_options const& options)
        : stage<Setup>(on, options) {
        this->connect(this->left(), "ada");
        hub().set_observer([this](hubbub::hub_event const& e) {
            if (auto const* const failed = std::get_if<hubbub::call_failed>(&e))
                failures.emplace_back(failed->text);
        });
    }
    ~stream_stage() override { this->left().hub.reset(); } // which tells failures

    auto& hub() { return *this->left().hub; }
    auto& ada() { return this->clients.front().connection; }

    /// The next item, or why there is none.
    template <class T>
    hubbub::outcome<T> next(hubbub::stream_reader<T>& from) {
        std::optional<hubbub::outcome<T>> item;
        from.template async_receive<hubbub::outcome<T>>(
            [&](hubbub::outcome<T> given) { item = std::move(given); });
        this->run_until([&] { return item.has_value(); }, "an item");
        return *std::move(item);
    }

    /// All that is ready has run.
    void settle() {
        this->io().restart();
        while (this->io().poll() != 0) {
        }
    }

    lines failures;
};
