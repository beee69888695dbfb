// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

// The frames of numbered messages: sender.hpp numbers them, receiver.hpp finds out which are
// missing. All of it is without I/O; the caller tells the time.
namespace hubbub::detail {

using sequence_clock = std::chrono::steady_clock;

/// As it stands on the wire.
inline std::uint64_t sequence_ms(sequence_clock::duration time) noexcept {
    using std::chrono::milliseconds;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(time).count());
}

/// A reader of decimal numbers and what is between them.
class sequence_reader {
public:
    explicit sequence_reader(std::string_view bytes) noexcept : rest_(bytes) {}

    std::string_view rest() const noexcept { return rest_; }

    /// False, and nothing is read, if it does not follow.
    bool read(char expected) noexcept;
    bool read(std::uint64_t& number) noexcept;
    /// Digits as they stand in ids.
    bool read(std::size_t digits, std::string_view& id) noexcept;

private:
    std::string_view rest_;
};

/// Names the receiver that asked a question, and the time by its own clock, which it alone
/// understands.
struct sequence_mark {
    static constexpr std::size_t asker_size = 10;

    std::string_view asker;
    std::uint64_t asked = 0; // in ms

    static std::optional<sequence_mark> read(sequence_reader& from) noexcept;

    void append_to(std::string& out) const;
};

/// Answers the receiver that asked: the stream began so long before. "@<asker> <asked> <age>"
struct sequence_answer {
    sequence_mark to;
    std::uint64_t age = 0; // in ms

    static std::optional<sequence_answer> read(sequence_reader& from) noexcept;

    void append_to(std::string& out) const;
};

/// The text before a payload: "<stream> <number> ", and the payload follows. A beacon ends after
/// the number, and says which number was the last; answers to questions may follow.
///
/// A stream is what one publisher sends on one topic; it has 16 hexadecimal digits, of which the
/// first 10 are the publisher's.
struct sequence_frame {
    static constexpr std::size_t stream_size = 16;
    /// The most that it adds to a payload: a stream, a number of up to 19 digits, two spaces.
    static constexpr std::size_t max_size = stream_size + 19 + 2;

    /// A number before each payload leaves less for it.
    static message_limits limits_above(message_limits below);

    std::string_view stream;
    std::uint64_t number = 0;
    bool is_beacon = false;
    std::string_view payload = {};
    std::string_view answers = {};

    /// Nothing if bytes are no such frame.
    static std::optional<sequence_frame> parse(std::string_view bytes) noexcept;

    /// Its answer to that asker.
    std::optional<sequence_answer> answer_to(std::string_view asker) const noexcept;

    void append_to(std::string& out) const;
};

/// The question of a receiver to all publishers: where the streams of these filters stand, and
/// since when they are. "<asker> <asked> ", and then each filter: "t" for a topic or "p" for a
/// pattern, the length of its name, ":", and the name. A receiver that asks for none says that it
/// is back.
struct sequence_request {
    static void begin(std::string& out, sequence_mark const& mark);

    static void append(std::string& out, topic_filter const& what);

    /// Calls each(mark, filter) for what is well-formed, up to the first that is not. Returns the
    /// mark; nothing if there is none.
    static std::optional<sequence_mark>
    parse(std::string_view bytes,
          std::function<void(sequence_mark const&, topic_filter const&)> const& each);
};

/// The questions that could not be asked yet, each filter once.
class sequence_questions {
public:
    void add(topic_filter const& what) { waiting_.emplace(what.name, what.is_pattern); }

    /// Asks for nothing, once, before anything else.
    void announce() { announces_ = true; }

    /// Calls publish(question), with questions that are well within the limits, until it returns
    /// false.
    void ask(sequence_mark const& mark, message_limits const& limits,
             std::function<bool(std::string_view question)> const& publish);

private:
    std::set<std::pair<std::string, bool>> waiting_;
    bool announces_ = false;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/sequenced/impl/frame.ipp>
#endif
