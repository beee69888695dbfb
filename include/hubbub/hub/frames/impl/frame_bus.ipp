// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/frames/frame_bus.hpp>

#include <hubbub/error.hpp>
#include <hubbub/hub/frames/text_forms.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/msgpack.hpp>
#include <hubbub/typed/bus_core.hpp>

#include <concepts>

namespace hubbub::detail {

template <class Frame>
std::error_code encode_frame(frame_format format, Frame const& frame, std::string& out) {
    return format == frame_format::json ? json_serializer{}.encode(frame, out)
                                        : msgpack_serializer{}.encode(frame, out);
}

template <class Frame>
std::error_code decode_frame(frame_format format, std::string_view bytes, Frame& out) {
    return format == frame_format::json ? json_serializer{}.decode(bytes, out)
                                        : msgpack_serializer{}.decode(bytes, out);
}

HUBBUB_DECL asio::any_io_executor frame_bus::executor() const {
    return bus_->executor();
}
HUBBUB_DECL link_state frame_bus::state() const {
    return bus_->state();
}
HUBBUB_DECL void const* frame_bus::transport_id() const noexcept {
    return bus_->transport_id();
}
HUBBUB_DECL frame_bus frame_bus::another() const {
    return {bus_->another(), format_};
}
HUBBUB_DECL void frame_bus::close() const {
    bus_->close();
}

HUBBUB_DECL std::shared_ptr<void> frame_bus::observe(observer o) const {
    return bus_->observe(std::move(o));
}

template <class Frame>
std::error_code frame_bus::publish(std::string_view topic, Frame const& frame) const {
    if (format_ == frame_format::objects)
        return bus_->publish({topic, {}, object_view::copied(frame)});
    std::string bytes;
    auto const error = encode_frame(format_, frame, bytes);
    return error ? bus_->refuse(topic, error, {}) : bus_->publish({topic, bytes, {}});
}

template <class Frame>
void frame_bus::publish(std::string_view topic, Frame const& frame, publish_completion done) const {
    std::string bytes;
    if (format_ == frame_format::objects)
        bus_->publish({topic, {}, object_view::copied(frame)}, std::move(done));
    else if (auto const error = encode_frame(format_, frame, bytes))
        bus_->refuse(topic, error, std::move(done));
    else
        bus_->publish({topic, bytes, {}}, std::move(done));
}

template <class Frame>
void frame_bus::publish_patiently(std::string_view topic, Frame const& frame,
                                  std::chrono::milliseconds at_most,
                                  publish_completion done) const {
    if (format_ == frame_format::objects) {
        auto kept = std::make_shared<Frame const>(frame);
        auto const seen = object_view::copied(*kept);
        return bus_->publish_patiently(std::string(topic), {std::move(kept), seen, true}, at_most,
                                       std::move(done));
    }
    std::string bytes;
    if (auto const error = encode_frame(format_, frame, bytes))
        bus_->refuse(topic, error, std::move(done));
    else
        bus_->publish_patiently(std::string(topic), std::move(bytes), at_most, std::move(done));
}

template <class Frame>
void frame_bus::subscribe(std::string const& topic, std::function<void(Frame const&)> take,
                          completion<std::error_code, subscription> done) const {
    bus_->async_subscribe(
        topic,
        [format = format_, take = std::move(take)](message_view const& message) -> std::error_code {
            bool const is_object = static_cast<bool>(message.object);
            if (is_object != (format == frame_format::objects))
                return errc::malformed_payload; // another bus's, on the same topic
            if (is_object) {
                auto const* const frame = message.object.template get<Frame>();
                if (frame == nullptr)
                    return errc::malformed_payload;
                take(*frame);
                return {};
            }
            Frame frame{};
            if (auto const error = decode_frame(format, message.payload, frame))
                return error;
            take(frame);
            return {};
        },
        std::move(done));
}

#if defined(HUBBUB_SEPARATE_COMPILATION)
// What the hub uses, so that it can be linked against whatever the compiler inlines here.
template std::error_code frame_bus::publish(std::string_view, client_call const&) const;
template std::error_code frame_bus::publish(std::string_view, server_message const&) const;
template std::error_code frame_bus::publish(std::string_view, server_beacon const&) const;
template std::error_code frame_bus::publish(std::string_view, presence_update const&) const;
template void frame_bus::publish(std::string_view, server_message const&, publish_completion) const;
template void frame_bus::publish(std::string_view, server_beacon const&, publish_completion) const;
template void frame_bus::publish_patiently(std::string_view, server_message const&,
                                           std::chrono::milliseconds, publish_completion) const;
template void frame_bus::publish_patiently(std::string_view, server_beacon const&,
                                           std::chrono::milliseconds, publish_completion) const;
template void frame_bus::subscribe(std::string const&, std::function<void(client_call const&)>,
                                   completion<std::error_code, subscription>) const;
template void frame_bus::subscribe(std::string const&, std::function<void(server_message const&)>,
                                   completion<std::error_code, subscription>) const;
template void frame_bus::subscribe(std::string const&, std::function<void(server_beacon const&)>,
                                   completion<std::error_code, subscription>) const;
template void frame_bus::subscribe(std::string const&, std::function<void(presence_update const&)>,
                                   completion<std::error_code, subscription>) const;
#endif

} // namespace hubbub::detail
