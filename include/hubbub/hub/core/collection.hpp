// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/rpc/rpc.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <system_error>

namespace hubbub::detail {

/// One question to all servers, until it is answered: see hub_core::collect.
class collection : public std::enable_shared_from_this<collection> {
public:
    collection(std::shared_ptr<rpc> asked, asio::any_io_executor const& executor,
               server_message what, std::chrono::milliseconds limit,
               completion<std::error_code, server_answers> done);

    void start();

private:
    /// Asks those that are alive and were not asked.
    void ask();
    void add(std::string const& id, answer const& given);
    void end_part(std::error_code error);
    std::chrono::milliseconds left() const;

    std::shared_ptr<rpc> const rpc_;
    asio::any_io_executor const executor_;
    server_message const what_;
    time_source const time_;
    time_source::time_point const deadline_;
    std::mutex mutex_;      // guards what follows
    std::size_t parts_ = 1; // until the servers have met
    std::set<std::string> asked_;
    std::error_code error_;
    server_answers all_;
    completion<std::error_code, server_answers> done_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/core/impl/collection.ipp>
#endif
