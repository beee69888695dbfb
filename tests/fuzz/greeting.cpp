// What a server may answer while a link connects: any bytes, in any pieces, on one connection after
// the other.
#include <hubbub/redis/lifecycle.hpp>
#include <hubbub/redis/resp.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace hubbub;
using redis::lifecycle;
using action = lifecycle::action;

void require(bool truth) {
    if (!truth)
        std::abort();
}

/// A link without a socket: what a connection does with a lifecycle and a reader.
class greeted_link final : public redis::reply_handler {
public:
    greeted_link(redis::options const& o, bool subscribes)
        : lifecycle_(o, 1, subscribes), reader_(*this, most) {
        require(lifecycle_.start(now_) == action::open);
    }

    /// As many answers as open a connection.
    std::size_t connect() {
        reader_.reset();
        require(lifecycle_.on_connected() == action::greet);
        auto const greeting = lifecycle_.greeting();
        left_ = static_cast<std::size_t>(std::count(greeting.begin(), greeting.end(), '*'));
        return left_;
    }

    void hear(std::string_view bytes, std::size_t piece) {
        while (!bytes.empty() && !lifecycle_.dropping()) {
            // A copy of its own, so that a view that outlives its piece is found out.
            std::string const part(bytes.substr(0, piece));
            bytes.remove_prefix(part.size());
            lifecycle_.on_bytes(now_, part.size() == piece);
            auto const error = reader_.feed(part);
            if (error && !lifecycle_.dropping())
                require(lifecycle_.on_error(error, now_) == action::drop);
        }
    }

    /// False if it gives up.
    bool close() {
        if (!lifecycle_.dropping())
            require(lifecycle_.on_error(errc::disconnected, now_) == action::drop);
        auto const next = lifecycle_.on_dropped(now_);
        require(next == action::retry || next == action::give_up);
        require((next == action::give_up) == redis::is_final(lifecycle_.reason()));
        if (next == action::give_up)
            return false;
        now_ = lifecycle_.deadline() + std::chrono::minutes(1);
        require(lifecycle_.tick(now_) == action::open);
        return true;
    }

    lifecycle const& state() const noexcept { return lifecycle_; }

private:
    void on_reply(redis::reply const& r) noexcept override {
        if (lifecycle_.running() || lifecycle_.dropping())
            return;
        auto const next = lifecycle_.on_reply(r, now_);
        require(left_-- > 0);
        if (next == action::drop)
            require(lifecycle_.dropping() && lifecycle_.reason());
        else // it is up when all is answered, and not before
            require(next == (left_ == 0 ? action::run : action::none));
        require(lifecycle_.running() == (next == action::run));
    }

    static constexpr std::size_t most = std::size_t{64} << 10;

    redis::time_point now_{std::chrono::hours(1)};
    lifecycle lifecycle_;
    redis::resp_reader reader_;
    std::size_t left_ = 0;
};

std::string bulk(std::string_view text) {
    return '$' + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

/// The answers of a Redis to a greeting of so many commands, with text for those to INFO.
std::string answers(std::size_t count, bool subscribes, std::string_view text) {
    std::string all;
    for (auto plain = count - (subscribes ? 3 : 1); plain > 0; --plain)
        all += "+OK\r\n";
    auto const half = text.size() / 2;
    if (subscribes)
        all += bulk(text.substr(0, half)) + bulk(text.substr(half));
    return all + "+PONG\r\n";
}

/// A Redis that runs on, and says the same of itself as before, has cut nobody off that it counts.
void check_info(redis::options const& o, std::string_view text, std::size_t piece) {
    greeted_link l(o, true);
    for (int i = 0; i < 3; ++i) {
        l.hear(answers(l.connect(), true, text), piece);
        require(l.state().running());
        require(l.state().was_cut_off() != lifecycle::cut_off::counted);
        require(l.close());
    }
}

} // namespace

/// The first byte says what the link is, the second how long the pieces are in which the rest comes;
/// 0xff in it ends a connection.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2)
        return 0;
    redis::options o;
    if ((data[0] & 1) != 0)
        o.password = "secret";
    if ((data[0] & 2) != 0 && !o.password.empty())
        o.user = "user";
    bool const subscribes = (data[0] & 4) != 0;
    bool const well_formed = (data[0] & 8) != 0;
    std::string_view bytes{reinterpret_cast<char const*>(data) + 2, size - 2};
    std::size_t const piece = data[1] == 0 ? size : data[1];
    check_info(o, bytes, piece);

    greeted_link l(o, subscribes);
    for (bool goes_on = true; goes_on && !bytes.empty();) {
        auto const count = l.connect();
        auto const heard = bytes.substr(0, bytes.find('\xff'));
        bytes.remove_prefix(std::min(bytes.size(), heard.size() + 1));
        l.hear(well_formed ? answers(count, subscribes, heard) : std::string(heard), piece);
        require(subscribes || l.state().was_cut_off() == lifecycle::cut_off::no);
        goes_on = l.close();
    }
    return 0;
}
