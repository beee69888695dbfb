// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/flow/observers.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/flow/transport_interface.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/sequenced/frame.hpp>
#include <hubbub/sequenced/idle_streams.hpp>
#include <hubbub/sequenced/ledger.hpp>
#include <hubbub/sequenced/own_publisher.hpp>
#include <hubbub/sequenced/sender.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/sequence_options.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

class sequence_sink;

/// A `sequenced` transport without its handle. What numbers and what asks may be called from any
/// thread; what comes from below runs on its executor, one thing at a time.
class sequenced_core final : public std::enable_shared_from_this<sequenced_core>,
                             own_publisher::owner {
public:
    /// Errors: throws std::invalid_argument, which names the option.
    sequenced_core(transport_interface& below, sequence_options const& o);

    /// Apart from the constructor, which has no shared_ptr yet.
    void start();

    /// Ends all subscriptions, beacons and events.
    void stop();

    transport_interface& below() const noexcept { return *below_; }
    message_limits const& limits() const noexcept { return limits_; }
    observers& listeners() noexcept { return observers_; }

    /// The statistics of what its users published, without what it puts before their payloads.
    statistics read_statistics() const;

    std::error_code publish(message_view const& message, publish_completion done);

    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion done);

    void unsubscribe(topic_filter const& what, message_sink const& s);

private:
    using key = std::pair<std::string, bool>;
    using time_point = sequence_clock::time_point;

    /// Where receivers ask publishers how far their streams are.
    static constexpr char const* questions = "hubbub.sequenced";

    friend sequence_sink;

    class question_sink;

    void on_event(event const& e);

    std::error_code refuse(message_view const& message, errc error, publish_completion& done);

    /// publish_mutex_ is held. A number that is not sent, also because of an exception, is none.
    std::error_code hand_over(message_view const& message, sequence_frame const& frame,
                              publish_completion& done);

    void reject(std::string_view topic);

    void miss(gap const& g);

    void ask(topic_filter const& what);

    /// Asks for the filters of that name; for all, if it is null.
    void ask_for(std::string const* name);

    /// As far as there is room. publish_mutex_ is held.
    void ask_what_is_unasked();

    void answer(std::string_view question);

    /// False if it is to be tried again. publish_mutex_ is held.
    bool beacon(std::string_view topic, sequence_frame const& frame);

    /// publish_mutex_ is held: stop waits for it, and until then the transport below lives.
    bool publish_own(std::string_view topic, std::string_view payload);

    /// A beacon that the backplane does not allow was none.
    void on_refused(std::string const& topic) override;

    void on_room() override;

    /// A receiver has streams, and must be ticked by then: also where nobody publishes.
    void forget_by(time_point deadline);

    void arm();

    void tick();

    void resume();

    void for_each_receiver(void (sequence_sink::*visit)(time_point), time_point now);

    transport_interface* const below_;
    sequence_options const options_;
    message_limits const limits_;
    observers observers_;
    std::shared_ptr<void> observation_;
    std::shared_ptr<question_sink> questions_;
    topic_table table_;
    sequence_ledger ledger_;

    std::mutex publish_mutex_; // guards what follows; numbers are given and published under it
    sequence_sender sender_;
    std::string bytes_;
    sequence_questions unasked_;
    own_publisher own_;
    time_point armed_for_ = time_point::max();

    std::string const id_; // of this publisher, and receiver
    timer timer_;          // but for now(), on the executor, as what follows
    time_point streams_due_ = time_point::max();
    time_point ask_again_at_ = time_point::max();
    idle_streams dormant_;

    std::mutex mutex_; // guards what follows
    std::atomic<bool> stopped_ = false;
    std::map<key, std::shared_ptr<sequence_sink>> sinks_;
    std::uint64_t last_receiver_ = 0;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/sequenced/impl/core.ipp>
#endif
