// Is every message accounted for, whatever is done to Redis meanwhile?
#include "support/child.hpp"
#include "support/peak_memory.hpp"
#include "support/program.hpp"
#include "support/soak_ledger.hpp"
#include "support/soak_link.hpp"
#include "support/soak_receipts.hpp"
#include "support/soak_settings.hpp"
#include "support/terminal.hpp"

#include <hubbub.hpp>
#include <hubbub/transport/redis.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using steady = std::chrono::steady_clock;

template <class Transport>
class soak {
    using bus = hubbub::bus<Transport, hubbub::text_serializer>;

public:
    soak(asio::io_context& io, bench::soak_settings const& s)
        : settings_(s), io_(io), timer_(io), signals_(io, SIGINT, SIGTERM) {
        for (std::size_t i = 0; i < s.subscribers; ++i)
            add_subscriber();
        watch_signals();
        after(time_to_begin, [this] { fail("cannot use Redis: " + trouble_); });
    }

    bench::soak_ledger run() {
        io_.run();
        return ledger();
    }

private:
    static constexpr auto pulse = std::chrono::milliseconds(5);

    struct subscriber {
        subscriber(asio::io_context& io, bench::soak_settings const& s, bench::soak_streams& known)
            : link(io, s, known), listener(link.transport), receipts(s.publishers, s.topics),
              subscriptions(s.topics) {}
        bench::soak_link<Transport> link;
        bus listener;
        bench::soak_receipts receipts;
        std::vector<hubbub::subscription> subscriptions; // by topic
    };

    struct publisher {
        publisher(asio::io_context& io, bench::soak_settings const& s, bench::soak_streams& known,
                  std::uint32_t i)
            : link(io, s, known), speaker(link.transport), index(i), numbers(s.topics) {}
        bench::soak_link<Transport> link;
        bus speaker;
        std::uint32_t index;
        std::vector<std::uint64_t> numbers; // accepted so far, by topic
        std::uint32_t next_topic = 0;
        std::uint64_t refused = 0;
    };

    /// A subscriber is away from a topic.
    struct absence {
        subscriber* who;
        std::uint32_t topic;
        steady::time_point until;
    };

    static std::string topic_name(std::size_t i) { return "topic." + std::to_string(i); }

    void watch(hubbub::event const& e) {
        if (auto const* const retry = std::get_if<hubbub::link_retry>(&e))
            trouble_ = retry->reason.message();
        if (auto const* const failed = std::get_if<hubbub::link_failed>(&e))
            fail("cannot use Redis: " + failed->reason.message());
    }

    void add_subscriber() {
        auto& s =
            *subscribers_.emplace_back(std::make_unique<subscriber>(io_, settings_, streams_));
        s.listener.set_observer([this, &s](hubbub::event const& e) {
            if (auto const* const lost = std::get_if<hubbub::gap>(&e))
                lose(s, *lost);
            watch(e);
        });
        for (std::uint32_t topic = 0; topic < settings_.topics; ++topic)
            subscribe(s, topic);
    }

    void subscribe(subscriber& s, std::uint32_t topic) {
        ++subscribing_;
        for (auto const& p : publishers_)
            s.receipts.subscribe({p->index, topic, p->numbers[topic]});
        s.listener.template async_subscribe<std::string_view>(
            topic_name(topic), [&s](std::string_view text) { receive(s, text); },
            [this, &s, topic](std::error_code error, hubbub::subscription made) {
                if (error)
                    return fail("cannot subscribe: " + error.message());
                s.subscriptions[topic] = std::move(made);
                for (auto const& p : publishers_)
                    s.receipts.join({p->index, topic, p->numbers[topic]});
                if (--subscribing_ == 0 && publishers_.empty())
                    settle();
            });
    }

    void lose(subscriber& s, hubbub::gap const& g) {
        if (auto const m = streams_.find(g.stream, g.first))
            s.receipts.lose(*m, m->number + g.last - g.first,
                            publishers_[m->publisher]->numbers[m->topic]);
        else
            ++s.receipts.strange;
    }

    static void receive(subscriber& s, std::string_view text) {
        auto const m = bench::soak_message::decode(text);
        if (m)
            s.receipts.receive(*m);
        else
            ++s.receipts.strange;
    }

    /// Publishers come when the subscriptions are older than any stream can be.
    void settle() {
        after(hubbub::sequence_options{}.settle_time + std::chrono::milliseconds(100), [this] {
            for (std::size_t i = 0; i < settings_.publishers; ++i) {
                auto& p = *publishers_.emplace_back(std::make_unique<publisher>(
                    io_, settings_, streams_, static_cast<std::uint32_t>(i)));
                p.speaker.set_observer([this](hubbub::event const& e) { watch(e); });
            }
            begin_ = steady::now();
            publish();
        });
    }

    void publish() {
        auto const elapsed = std::chrono::duration<double>(steady::now() - begin_).count();
        if (stopping_ || elapsed >= settings_.seconds) {
            changed_ = steady::now();
            return await_all();
        }
        show(elapsed);
        churn(elapsed);
        if (settings_.rate == 0) {
            publish_all_that_go();
            return after({}, [this] { publish(); });
        }
        auto const due = static_cast<std::uint64_t>(elapsed * settings_.rate);
        // After a stall the rate is kept from then on, and not made up for.
        attempted_ = std::max(attempted_, due > burst ? due - burst : 0);
        for (; attempted_ < due; ++attempted_)
            publish_one(*publishers_[attempted_ % publishers_.size()]);
        after(pulse, [this] { publish(); });
    }

    /// Subscribers leave topics and come back. Not in the second half, in which each is to hear of
    /// each stream again.
    void churn(double elapsed) {
        auto const now = steady::now();
        std::erase_if(absences_, [&](absence const& a) {
            if (now >= a.until)
                subscribe(*a.who, a.topic);
            return now >= a.until;
        });
        for (auto const due = std::min(elapsed, settings_.seconds / 2) * settings_.churn;
             static_cast<double>(left_) < due; ++left_) {
            auto& s = *subscribers_[random_() % subscribers_.size()];
            auto const topic = static_cast<std::uint32_t>(random_() % settings_.topics);
            if (!s.subscriptions[topic])
                continue;
            s.subscriptions[topic].reset();
            s.receipts.leave(topic);
            absences_.push_back({&s, topic, now + std::chrono::milliseconds(random_() % away_ms)});
        }
    }

    /// Each publisher until it is refused, or for its turn: a queue that keeps the newest never
    /// refuses while Redis is away, and the subscribers run on the same loop.
    void publish_all_that_go() {
        for (auto const& p : publishers_)
            for (auto left = turn; left > 0 && publish_one(*p); --left) {
            }
    }

    /// True if it was accepted.
    bool publish_one(publisher& p) {
        auto const topic = p.next_topic;
        p.next_topic = static_cast<std::uint32_t>((topic + 1) % settings_.topics);
        bench::soak_message const m{p.index, topic, p.numbers[topic] + 1};
        bool const accepted = !p.speaker.publish(topic_name(topic), m.encode(settings_.payload));
        ++(accepted ? p.numbers[topic] : p.refused);
        return accepted;
    }

    /// The first Ctrl-C ends the publishing, if it has begun; the next one ends all.
    void watch_signals() {
        signals_.async_wait([this](std::error_code error, int) {
            if (error)
                return;
            if (publishers_.empty())
                return fail("stopped before it had begun: " + trouble_);
            if (std::exchange(stopping_, true))
                return end();
            if (bench::is_terminal(stderr))
                fmt::print(stderr, "\r\033[Kuntil all is accounted for; Ctrl-C ends it at once\n");
            watch_signals();
        });
    }

    /// Until nothing has changed for long; if everything is accounted for, for two beacons, which
    /// would tell a gap where there is none.
    void await_all() {
        auto const now = ledger();
        auto const progress = now.heard();
        if (std::exchange(last_progress_, progress) != progress)
            changed_ = steady::now();
        bool const drained = subscribing_ == 0 &&
                             std::all_of(publishers_.begin(), publishers_.end(), [](auto const& p) {
                                 return p->speaker.statistics().queued == 0;
                             });
        auto const enough = !drained ? 4 * patience : now.unaccounted != 0 ? patience : two_beacons;
        if (steady::now() - changed_ > enough)
            return end();
        after(std::chrono::milliseconds(50), [this] { await_all(); });
    }

    void end() {
        ended_ = true;
        timer_.cancel();
        signals_.cancel();
        for (auto& p : publishers_)
            p->link.transport.close();
        for (auto& s : subscribers_)
            s->link.transport.close();
    }

    void fail(std::string why) {
        if (ended_)
            return; // what ends with it is no failure
        failure_ = std::move(why);
        end();
    }

    bench::soak_ledger ledger() const {
        bench::soak_ledger l;
        for (auto const& p : publishers_) {
            auto const s = p->speaker.statistics();
            for (auto const accepted : p->numbers)
                l.published += accepted * subscribers_.size();
            l.refused += p->refused * subscribers_.size();
            l.unknown += s.unknown * subscribers_.size();
            l.discarded += s.discarded * subscribers_.size();
            l.displaced += s.displaced * subscribers_.size();
            l.link_losses += s.link_losses;
        }
        auto const published = [this](std::size_t p, std::size_t topic) {
            return p < publishers_.size() ? publishers_[p]->numbers[topic] : 0;
        };
        for (auto const& s : subscribers_) {
            auto const statistics = s->listener.statistics();
            l.delivered += s->receipts.delivered;
            l.lost_in_gaps += s->receipts.told_lost;
            l.not_expected += s->receipts.not_expected(published);
            l.unaccounted += static_cast<std::int64_t>(s->receipts.unaccounted(published));
            l.duplicates += s->receipts.duplicates;
            l.out_of_order += s->receipts.out_of_order;
            l.strange += s->receipts.strange;
            l.gaps += statistics.gaps;
            l.cut_offs += statistics.cut_offs;
            l.link_losses += statistics.link_losses;
            l.longest_silence_seconds =
                std::max(l.longest_silence_seconds,
                         std::chrono::duration<double>(s->receipts.longest_silence).count());
        }
        l.numbered = settings_.sequenced();
        if (!l.numbered)
            l.unaccounted = l.difference();
        l.peak_memory = bench::peak_memory_bytes();
        l.failure = failure_;
        return l;
    }

    void show(double elapsed) {
        if (!bench::is_terminal(stderr) || steady::now() - shown_ < std::chrono::seconds(1))
            return;
        shown_ = steady::now();
        auto const l = ledger();
        fmt::print(stderr, "\r\033[K{:.0f}/{:.0f} s  published {}  delivered {}  known lost {}",
                   elapsed, settings_.seconds, l.published, l.delivered, l.known_lost());
    }

    template <class Next>
    void after(std::chrono::milliseconds time, Next next) {
        timer_.expires_after(time);
        timer_.async_wait([this, next = std::move(next)](std::error_code error) {
            if (!error && !ended_)
                next();
        });
    }

    static constexpr std::chrono::seconds time_to_begin{10};
    static constexpr std::uint64_t burst = 10000;
    static constexpr int turn = 1000;
    static constexpr int away_ms = 2000;
    static constexpr std::chrono::milliseconds patience{20000};
    static constexpr auto two_beacons = 2 * hubbub::sequence_options{}.beacon_interval;

    bench::soak_settings const& settings_;
    asio::io_context& io_;
    asio::steady_timer timer_;
    asio::signal_set signals_;
    bench::soak_streams streams_;
    std::vector<std::unique_ptr<subscriber>> subscribers_;
    std::vector<std::unique_ptr<publisher>> publishers_;
    std::size_t subscribing_ = 0;
    std::vector<absence> absences_;
    std::uint64_t left_ = 0; // topics, by subscribers
    std::minstd_rand random_;
    std::uint64_t attempted_ = 0;
    bool stopping_ = false;
    steady::time_point begin_;
    steady::time_point shown_;
    steady::time_point changed_;
    std::uint64_t last_progress_ = 0;
    std::string trouble_ = "no answer yet";
    std::string failure_;
    bool ended_ = false;
};

template <class Transport>
bench::soak_ledger run(bench::soak_settings const& s) {
    asio::io_context io(1);
    return soak<Transport>(io, s).run();
}

/// The ledger is shown; returns the exit status. Errors: throws bench::failure.
int end(bench::soak_settings const& s, bench::soak_ledger const& ledger) {
    if (bench::is_terminal(stderr))
        fmt::print(stderr, "\r\033[K");
    ledger.print(s.json);
    if (!ledger.failure.empty())
        throw bench::failure(ledger.failure);
    return s.sequenced() && !ledger.clean() ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    return bench::run_program("soak", [&] {
        bench::soak_settings s;
        if (!bench::parse(s, argc, argv))
            return 0;
        return bench::run_in_child(
            [&] {
                return end(s, s.sequenced() ? run<hubbub::sequenced<bench::noting_link>>(s)
                                            : run<hubbub::redis_transport>(s));
            },
            [&](int signal) {
                bench::soak_ledger none;
                none.crashes = 1;
                none.failure = fmt::format("the soak crashed (signal {}: {}), and with it what it "
                                           "counted",
                                           signal, strsignal(signal));
                return end(s, none);
            });
    });
}
