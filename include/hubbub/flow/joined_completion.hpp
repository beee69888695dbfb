// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Makes one completion of several: it completes when all parts have and this object is gone, with
/// the first error.
class joined_completion {
public:
    joined_completion(asio::any_io_executor executor, completion<std::error_code> done)
        : executor_(std::move(executor)), all_(std::make_shared<all>()) {
        all_->done = std::move(done);
    }
    joined_completion(joined_completion const&) = delete;
    joined_completion& operator=(joined_completion const&) = delete;
    ~joined_completion() { all_->finish({}); }

    completion<std::error_code> part();

private:
    struct all {
        void begin() {
            std::lock_guard const lock(mutex);
            ++left;
        }

        void finish(std::error_code error) {
            std::lock_guard const lock(mutex);
            if (!first)
                first = error;
            if (--left == 0)
                done(first);
        }

        std::mutex mutex;     // guards what follows
        std::size_t left = 1; // the object that makes the parts
        std::error_code first = {};
        completion<std::error_code> done = {};
    };

    asio::any_io_executor executor_;
    std::shared_ptr<all> all_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/joined_completion.ipp>
#endif
