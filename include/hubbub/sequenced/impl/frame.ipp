// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/sequenced/frame.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub::detail {

HUBBUB_DECL bool sequence_reader::read(char expected) noexcept {
    if (rest_.empty() || rest_.front() != expected)
        return false;
    rest_.remove_prefix(1);
    return true;
}

HUBBUB_DECL bool sequence_reader::read(std::uint64_t& number) noexcept {
    auto const* const begin = rest_.data();
    auto const [after, error] = std::from_chars(begin, begin + rest_.size(), number);
    if (error != std::errc{})
        return false;
    rest_.remove_prefix(static_cast<std::size_t>(after - begin));
    return true;
}

HUBBUB_DECL bool sequence_reader::read(std::size_t digits, std::string_view& id) noexcept {
    auto const is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    id = rest_.substr(0, digits);
    if (id.size() < digits || !std::all_of(id.begin(), id.end(), is_hex))
        return false;
    rest_.remove_prefix(digits);
    return true;
}

HUBBUB_DECL std::optional<sequence_mark> sequence_mark::read(sequence_reader& from) noexcept {
    sequence_mark m;
    if (!from.read(asker_size, m.asker) || !from.read(' ') || !from.read(m.asked))
        return std::nullopt;
    return m;
}

HUBBUB_DECL void sequence_mark::append_to(std::string& out) const {
    out.append(asker).append(1, ' ').append(std::to_string(asked));
}

HUBBUB_DECL std::optional<sequence_answer> sequence_answer::read(sequence_reader& from) noexcept {
    if (!from.read('@'))
        return std::nullopt;
    auto const to = sequence_mark::read(from);
    sequence_answer a;
    if (!to || !from.read(' ') || !from.read(a.age))
        return std::nullopt;
    a.to = *to;
    return a;
}

HUBBUB_DECL void sequence_answer::append_to(std::string& out) const {
    out.append(1, '@');
    to.append_to(out);
    out.append(1, ' ').append(std::to_string(age));
}

HUBBUB_DECL message_limits sequence_frame::limits_above(message_limits below) {
    below.max_payload_bytes -= std::min(below.max_payload_bytes, max_size);
    return below;
}

HUBBUB_DECL std::optional<sequence_frame> sequence_frame::parse(std::string_view bytes) noexcept {
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

HUBBUB_DECL std::optional<sequence_answer>
sequence_frame::answer_to(std::string_view asker) const noexcept {
    sequence_reader from(answers);
    while (auto const next = sequence_answer::read(from))
        if (next->to.asker == asker)
            return next;
    return std::nullopt;
}

HUBBUB_DECL void sequence_frame::append_to(std::string& out) const {
    std::array<char, 24> digits{};
    auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(stream).append(1, ' ').append(digits.data(), end);
    if (!is_beacon)
        out.append(1, ' ').append(payload);
    out.append(answers);
}

HUBBUB_DECL void sequence_request::begin(std::string& out, sequence_mark const& mark) {
    mark.append_to(out);
    out.append(1, ' ');
}

HUBBUB_DECL void sequence_request::append(std::string& out, topic_filter const& what) {
    out.append(what.is_pattern ? "p" : "t");
    out.append(std::to_string(what.name.size())).append(1, ':').append(what.name);
}

HUBBUB_DECL std::optional<sequence_mark> sequence_request::parse(
    std::string_view bytes,
    std::function<void(sequence_mark const&, topic_filter const&)> const& each) {
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
        each(*mark, {name, is_pattern});
        from = sequence_reader(from.rest().substr(name.size()));
    }
}

HUBBUB_DECL void
sequence_questions::ask(sequence_mark const& mark, message_limits const& limits,
                        std::function<bool(std::string_view question)> const& publish) {
    auto const enough =
        std::min({std::size_t{16} << 10, limits.max_payload_bytes / 2, limits.max_queue_bytes / 2});
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
            sequence_request::append(question, {name, is_pattern});
        } while (++end != waiting_.end() && question.size() < enough);
        if (!publish(question))
            return;
        waiting_.erase(waiting_.begin(), end);
    }
}

} // namespace hubbub::detail
