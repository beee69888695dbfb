// What a publisher may send: any payload, to everything that decodes one.
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/text_forms.hpp>
#include <hubbub/sequenced/frame.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/msgpack.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

struct part {
    std::string name;
    std::vector<std::optional<int>> numbers;
};

struct message {
    std::string text;
    double ratio = 0;
    unsigned char small = 0;
    std::map<std::string, part> parts;
    std::tuple<bool, std::int64_t> pair;
};

/// What decodes encodes again, to something that decodes.
template <class Serializer, class Message>
void check(std::string_view bytes) {
    Serializer const serializer;
    Message m;
    if (serializer.decode(bytes, m))
        return;
    std::string again;
    Message copy;
    if (!serializer.encode(m, again) && serializer.decode(again, copy))
        std::abort();
}

template <class... Messages>
void check_each(std::string_view bytes) {
    (check<hubbub::json_serializer, Messages>(bytes), ...);
    (check<hubbub::msgpack_serializer, Messages>(bytes), ...);
}

void check_numbered(std::string_view bytes) {
    using hubbub::detail::sequence_frame;
    auto const frame = sequence_frame::parse(bytes);
    if (!frame)
        return;
    std::string again;
    frame->append_to(again);
    auto const copy = sequence_frame::parse(again);
    if (!copy || copy->number != frame->number || copy->payload != frame->payload ||
        copy->answers != frame->answers)
        std::abort();
}

void check_url(std::string_view bytes) {
    try {
        hubbub::redis::parse_url(bytes);
    } catch (std::invalid_argument const&) { // as it promises
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes{reinterpret_cast<char const*>(data), size};
    check_each<message, hubbub::detail::client_call, hubbub::detail::server_message,
               hubbub::detail::server_beacon, hubbub::detail::presence_update>(bytes);
    check_numbered(bytes);
    check_url(bytes);
    hubbub::detail::sequence_request::parse(bytes,
                                            [](auto const&, hubbub::topic_filter const& what) {
                                                if (what.name.size() > 1'000'000)
                                                    std::abort();
                                            });
    return 0;
}
