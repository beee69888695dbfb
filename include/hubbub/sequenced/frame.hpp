// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// What numbered messages have in common: sequence_sender.hpp numbers them, sequence_receiver.hpp finds
// out what is missing. All of it without I/O; time is what the caller says it is.
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
    bool read(char expected) noexcept {
        if (rest_.empty() || rest_.front() != expected)
            return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool read(std::uint64_t& number) noexcept {
        auto const* const begin = rest_.data();
        auto const [after, error] = std::from_chars(begin, begin + rest_.size(), number);
        if (error != std::errc{})
            return false;
        rest_.remove_prefix(static_cast<std::size_t>(after - begin));
        return true;
    }
    /// Digits as they stand in ids.
    bool read(std::size_t digits, std::string_view& id) noexcept {
        auto const is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
        id = rest_.substr(0, digits);
        if (id.size() < digits || !std::all_of(id.begin(), id.end(), is_hex))
            return false;
        rest_.remove_prefix(digits);
        return true;
    }

private:
    std::string_view rest_;
};

/// Who asked a question, and when by his own clock. He alone makes anything of the time.
struct sequence_mark {
    static constexpr std::size_t asker_size = 10;

    std::string_view asker;
    std::uint64_t asked = 0; // in ms

    static std::optional<sequence_mark> read(sequence_reader& from) noexcept {
        sequence_mark m;
        if (!from.read(asker_size, m.asker) || !from.read(' ') || !from.read(m.asked))
            return std::nullopt;
        return m;
    }

    void append_to(std::string& out) const {
        out.append(asker).append(1, ' ').append(std::to_string(asked));
    }
};

/// What an answer tells whoever asked: the stream began so long before. "@<asker> <asked> <age>"
struct sequence_answer {
    sequence_mark to;
    std::uint64_t age = 0; // in ms

    static std::optional<sequence_answer> read(sequence_reader& from) noexcept {
        if (!from.read('@'))
            return std::nullopt;
        auto const to = sequence_mark::read(from);
        sequence_answer a;
        if (!to || !from.read(' ') || !from.read(a.age))
            return std::nullopt;
        a.to = *to;
        return a;
    }

    void append_to(std::string& out) const {
        out.append(1, '@');
        to.append_to(out);
        out.append(1, ' ').append(std::to_string(age));
    }
};

/// What stands before a payload: "<stream> <number> ", and the payload follows. A beacon ends after
/// the number, and says which number was the last; answers to questions may follow.
///
/// A stream is what one publisher sends on one topic; it has 16 hexadecimal digits, of which the
/// first 10 are the publisher's.
struct sequence_frame {
    static constexpr std::size_t stream_size = 16;
    /// The most that it adds to a payload: a stream, a number of up to 19 digits, two spaces.
    static constexpr std::size_t max_size = stream_size + 19 + 2;

    /// A number before each payload leaves less for it.
    static message_limits limits_above(message_limits below) {
        below.max_payload_bytes -= std::min(below.max_payload_bytes, max_size);
        return below;
    }

    std::string_view stream;
    std::uint64_t number = 0;
    bool is_beacon = false;
    std::string_view payload = {};
    std::string_view answers = {};

    /// Nothing if bytes are no such frame.
    static std::optional<sequence_frame> parse(std::string_view bytes) noexcept {
        sequence_frame frame;
        sequence_reader from(bytes);
        if (!from.read(stream_size, frame.stream) || !from.read(' ') || !from.read(frame.number) ||
            frame.number == 0)
            return std::nullopt;
        if (from.read(' ')) {
            frame.payload = from.rest();
            return frame;
        }
        frame.is_beacon = true;
        frame.answers = from.rest();
        while (!from.rest().empty())
            if (!sequence_answer::read(from))
                return std::nullopt;
        return frame;
    }

    /// What it answers to that asker.
    std::optional<sequence_answer> answer_to(std::string_view asker) const noexcept {
        sequence_reader from(answers);
        while (auto const next = sequence_answer::read(from))
            if (next->to.asker == asker)
                return next;
        return std::nullopt;
    }

    void append_to(std::string& out) const {
        std::array<char, 24> digits{};
        auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        out.append(stream).append(1, ' ').append(digits.data(), end);
        if (!is_beacon)
            out.append(1, ' ').append(payload);
        out.append(answers);
    }
};

/// What a receiver asks of all publishers: where the streams of these interests stand, and since
/// when they are. "<asker> <asked> ", and then each interest: "t" for a topic or "p" for a pattern,
/// the length of its name, ":", and the name. Who asks for none says that he is back.
struct sequence_request {
    static void begin(std::string& out, sequence_mark const& mark) {
        mark.append_to(out);
        out.append(1, ' ');
    }

    static void append(std::string& out, interest const& what) {
        out.append(what.is_pattern ? "p" : "t");
        out.append(std::to_string(what.name.size())).append(1, ':').append(what.name);
    }

    /// Calls each(mark, interest) for what is well-formed, up to the first that is not. Returns the
    /// mark; nothing if there is none.
    template <class Each>
    static std::optional<sequence_mark> parse(std::string_view bytes, Each each) {
        sequence_reader from(bytes);
        auto const mark = sequence_mark::read(from);
        if (!mark || !from.read(' '))
            return std::nullopt;
        for (;;) {
            bool const is_pattern = from.read('p');
            std::uint64_t size = 0;
            if ((!is_pattern && !from.read('t')) || !from.read(size) || !from.read(':') ||
                from.rest().size() < size)
                return mark;
            auto const name = from.rest().substr(0, static_cast<std::size_t>(size));
            each(*mark, is_pattern ? interest(pattern{name}) : interest(name));
            from = sequence_reader(from.rest().substr(name.size()));
        }
    }
};

/// What is to be asked and could not be yet, each interest once.
class sequence_questions {
public:
    void add(interest const& what) { waiting_.emplace(what.name, what.is_pattern); }

    /// Asks for nothing, once, before anything else.
    void announce() { announces_ = true; }

    /// Calls publish(question), with questions that are well within the limits, until it returns
    /// false.
    template <class Publish>
    void ask(sequence_mark const& mark, message_limits const& limits, Publish publish) {
        auto const enough = std::min(
            {std::size_t{16} << 10, limits.max_payload_bytes / 2, limits.max_queue_bytes / 2});
        if (announces_) {
            std::string nothing;
            sequence_request::begin(nothing, mark);
            announces_ = !publish(nothing);
        }
        while (!announces_ && !waiting_.empty()) {
            std::string question;
            sequence_request::begin(question, mark);
            auto end = waiting_.begin();
            do {
                auto const& [name, is_pattern] = *end;
                sequence_request::append(question,
                                         is_pattern ? interest(pattern{name}) : interest(name));
            } while (++end != waiting_.end() && question.size() < enough);
            if (!publish(question))
                return;
            waiting_.erase(waiting_.begin(), end);
        }
    }

private:
    std::set<std::pair<std::string, bool>> waiting_;
    bool announces_ = false;
};

} // namespace hubbub::detail
