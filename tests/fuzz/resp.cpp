// What a server may send: any bytes, in any pieces, to the whole receiving side of a link.
#include <hubbub/redis/publish_queue.hpp>
#include <hubbub/redis/resp.hpp>
#include <hubbub/redis/subscription_set.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace hubbub;

/// Both sessions' machines behind one reader: whatever it hands over must be whole and readable.
class receiver final : public redis::reply_handler {
public:
    receiver() : queue_(limits_, ledger_), set_(std::chrono::seconds(1)) {
        set_.want("topic", {});
        set_.want(pattern{"p*"}, {});
        set_.on_run();
        std::string ignored;
        set_.output(ignored);
        set_.push_ping();
        set_.output(ignored);
        publish_completion nobody;
        queue_.push("", {"topic", "payload", {}}, nobody);
        queue_.push_ping();
    }

    void on_reply(redis::reply const& r) noexcept override {
        read(r);
        for (auto const& element : r.elements)
            read(element);
        if (!set_.on_reply(r).error)
            set_.became_whole();
        queue_.on_reply(r);
    }

private:
    /// Touches every byte, for the address sanitizer to see.
    void read(redis::value const& v) noexcept {
        for (char const c : v.text)
            sum_ = sum_ * 31 + static_cast<unsigned char>(c);
    }

    message_limits limits_;
    hubbub::detail::publish_ledger ledger_;
    redis::publish_queue queue_;
    redis::subscription_set set_;
    volatile unsigned sum_ = 0;
};

} // namespace

/// The first byte says how long the pieces are in which the rest comes, 0 for all of it at once; the
/// next three are the limits, small enough for an input to go beyond them: of an element and of a
/// line, in units of 4 bytes above 64, and of the elements of a reply, from 4 on. Of what each of
/// them refuses there is an input in the folder resp/.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    constexpr std::size_t head = 4;
    if (size < head)
        return 0;
    auto const bound = [](std::uint8_t byte) { return std::size_t{64} + std::size_t{4} * byte; };
    receiver handler;
    redis::resp_reader reader(
        handler, bound(data[1]),
        {.max_line_bytes = bound(data[2]), .max_elements = std::size_t{4} + data[3] % 8});
    std::string_view bytes{reinterpret_cast<char const*>(data) + head, size - head};
    std::size_t const piece = data[0] == 0 ? bytes.size() : data[0];
    while (!bytes.empty()) {
        // A copy of its own, so that a view that outlives its piece is found out.
        std::string const part(bytes.substr(0, piece));
        bytes.remove_prefix(part.size());
        if (reader.feed(part))
            return 0;
    }
    return 0;
}
