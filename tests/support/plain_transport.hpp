// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/transport/local.hpp>

#include <memory>
#include <system_error>
#include <utility>

namespace support {

/// A local transport that promises no more than a simple backplane can: it counts nobody, and
/// subscribes no patterns.
class plain_transport : public hubbub::local_transport {
public:
    static constexpr hubbub::transport_traits traits = [] {
        auto promised = local_transport::traits;
        promised.counts_receivers = false;
        promised.patterns = hubbub::pattern_support::none;
        return promised;
    }();

    using local_transport::local_transport;

    std::error_code publish(hubbub::message_view const& message, hubbub::publish_completion done) {
        // Posted where the user's handler runs, as it stands: it is done's business.
        auto uncounted = [user = std::move(done)](std::error_code error,
                                                  hubbub::receiver_count) mutable {
            user(error, {});
        };
        return local_transport::publish(message, {get_executor(), std::move(uncounted)});
    }

    std::error_code subscribe(hubbub::topic_filter const& what,
                              std::shared_ptr<hubbub::message_sink> const& s,
                              hubbub::subscribe_completion done) {
        if (!what.is_pattern)
            return local_transport::subscribe(what, s, std::move(done));
        done(hubbub::errc::patterns_unsupported);
        return hubbub::errc::patterns_unsupported;
    }
};

static_assert(hubbub::transport<plain_transport>);

} // namespace support
