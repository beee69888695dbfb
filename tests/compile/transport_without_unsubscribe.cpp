// rejects: Transport does not model hubbub::transport; the notes below name what it lacks
// rejects: unsubscribe
#include <hubbub.hpp>

namespace transport_without_unsubscribe {

struct candidate {
    static constexpr hubbub::transport_traits traits{};
    asio::any_io_executor get_executor();
    std::error_code publish(hubbub::message_view const&, hubbub::publish_completion);
    std::error_code subscribe(hubbub::topic_filter const&,
                              std::shared_ptr<hubbub::message_sink> const&,
                              hubbub::subscribe_completion);
#ifndef REJECT
    void unsubscribe(hubbub::topic_filter const&, hubbub::message_sink const&) noexcept;
#endif
    std::shared_ptr<void> observe(hubbub::observer);
    hubbub::link_state state() const;
    hubbub::statistics statistics() const;
    hubbub::message_limits const& limits() const;
    void wait_for_room(std::size_t, hubbub::completion<std::error_code>);
    void flush(hubbub::completion<std::error_code>);
    void drain(hubbub::completion<std::error_code>);
    void close() noexcept;
};

using bus = hubbub::bus<candidate, hubbub::text_serializer>;
std::size_t use() {
    return sizeof(bus);
}

} // namespace transport_without_unsubscribe
