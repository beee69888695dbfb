// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>

#include <asio/io_context.hpp>

#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace support {

inline std::error_code const ok;

/// Makes completions, and tells which were completed, with what, and in which order.
template <class... Results>
class completions {
public:
    struct completed {
        int id;
        std::tuple<Results...> results;

        bool operator==(completed const&) const = default;
    };

    hubbub::completion<Results...> make(int id) {
        return {io_.get_executor(), [this, id](Results... results) {
                    completed_.push_back({id, {std::move(results)...}});
                }};
    }

    /// Those completed since it was asked last.
    std::vector<completed> take() {
        io_.restart();
        io_.poll();
        return std::exchange(completed_, {});
    }

private:
    asio::io_context io_;
    std::vector<completed> completed_;
};

} // namespace support
