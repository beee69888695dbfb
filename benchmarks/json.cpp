// How long does it take to read a message from JSON or MessagePack into a struct, and to write it?
// SPDX-License-Identifier: MIT

#include "support/arguments.hpp"
#include "support/program.hpp"
#include "support/report.hpp"
#include "support/series.hpp"
#include "support/table.hpp"
#include "support/terminal.hpp"

#include <hubbub/serializer/json.hpp>
#include <hubbub/serializer/msgpack.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
// RapidJSON 1.1 does not compile with clang 19: it assigns to a const member.
#if __has_include(<rapidjson/document.h>) && !defined(__clang__)
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#define HAS_RAPIDJSON 1
#endif

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace bench;

// For the message of four members, with hubbub's JSON.
constexpr double most_to_read = 150;
constexpr double most_to_write = 120;

/// A line of a chat.
struct line {
    std::string user;
    std::string room;
    std::string text;
    std::int64_t time = 0;
    bool operator==(line const&) const = default;
};

} // namespace

namespace declared {

/// The same, as nlohmann's users say it.
struct line {
    std::string user;
    std::string room;
    std::string text;
    std::int64_t time = 0;
    bool operator==(line const&) const = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(line, user, room, text, time)

} // namespace declared

namespace {

template <class Line>
Line a_line() {
    return {"ada", "lobby", "hello there, how are you", 1690000000};
}

constexpr std::string_view line_as_json =
    R"({"user":"ada","room":"lobby","text":"hello there, how are you","time":1690000000})";

struct settings {
    std::size_t runs = 15;
    std::size_t times = 50'000;
    std::string json;
    bool check = false;
};

std::optional<settings> read_settings(int argc, char** argv) {
    settings s;
    arguments args("json", "What does it take to read a message of four members into a struct, and "
                           "to write it?\nNanoseconds of the thread, medians of runs that "
                           "alternate; each run checks what it made.");
    args.number<std::size_t>("--runs", "N", "how many of each", 1, 1000, s.runs);
    args.number<std::size_t>("--times", "N", "messages in a run", 1, 100'000'000, s.times);
    args.flag(
        "--check",
        fmt::format("end with status 1 if hubbub takes more than {} ns to read JSON, or {} to "
                    "write it",
                    most_to_read, most_to_write),
        s.check);
    args.text("--json", "FILE", "write every figure there", s.json);
    if (!args.parse(argc, argv))
        return std::nullopt;
    return s;
}

// Time --------------------------------------------------------------------------------------------

double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Keeps the compiler from seeing that nobody looks at a value.
template <class T>
void use(T& value) {
    asm volatile("" : : "r"(&value) : "memory");
}

/// Measures one call of work, in nanoseconds.
template <class Work>
double time_of(std::size_t times, Work work) {
    auto const begin = thread_seconds();
    for (std::size_t i = 0; i < times; ++i)
        work();
    return (thread_seconds() - begin) * 1e9 / static_cast<double>(times);
}

// The subjects ------------------------------------------------------------------------------------

struct subject {
    std::string name;
    /// The nanoseconds that one takes. Errors: throws failure if what was made is wrong.
    std::function<double(std::size_t times)> read;
    std::function<double(std::size_t times)> write;
    series reading = {};
    series writing = {};
};

void require(bool right, std::string_view what) {
    if (!right)
        throw failure(fmt::format("what was made is wrong: {}", what));
}

/// decode(bytes, line&) and encode(line, string&) return whether they could.
template <class Line, class Decode, class Encode>
subject make_subject(std::string name, std::string bytes, Decode decode, Encode encode) {
    return {name,
            [=](std::size_t times) {
                Line last;
                auto const taken = time_of(times, [&] {
                    Line fresh;
                    require(decode(bytes, fresh), name);
                    use(fresh);
                    last = std::move(fresh);
                });
                require(last == a_line<Line>(), name);
                return taken;
            },
            [=](std::size_t times) {
                auto const value = a_line<Line>();
                std::string last;
                auto const taken = time_of(times, [&] {
                    std::string fresh;
                    require(encode(value, fresh), name);
                    use(fresh);
                    last = std::move(fresh);
                });
                Line again;
                require(decode(last, again) && again == value, name);
                return taken;
            }};
}

template <class Serializer>
subject of_hubbub(std::string name) {
    auto const encode = [](line const& value, std::string& out) {
        return !Serializer{}.encode(value, out);
    };
    std::string bytes;
    require(encode(a_line<line>(), bytes), name);
    return make_subject<line>(
        std::move(name), bytes,
        [](std::string_view from, line& value) { return !Serializer{}.decode(from, value); },
        encode);
}

subject of_nlohmann() {
    return make_subject<declared::line>(
        "nlohmann", std::string(line_as_json),
        [](std::string_view from, declared::line& value) {
            nlohmann::json::parse(from).get_to(value);
            return true;
        },
        [](declared::line const& value, std::string& out) {
            out += nlohmann::json(value).dump();
            return true;
        });
}

#if defined(HAS_RAPIDJSON)

bool take(rapidjson::Document const& from, char const* name, std::string& value) {
    auto const found = from.FindMember(name);
    if (found == from.MemberEnd() || !found->value.IsString())
        return false;
    value.assign(found->value.GetString(), found->value.GetStringLength());
    return true;
}

subject of_rapidjson() {
    return make_subject<line>(
        "RapidJSON", std::string(line_as_json),
        [](std::string_view from, line& value) {
            rapidjson::Document tree;
            tree.Parse<rapidjson::kParseValidateEncodingFlag>(from.data(), from.size());
            if (tree.HasParseError() || !tree.IsObject())
                return false;
            auto const time = tree.FindMember("time");
            if (time == tree.MemberEnd() || !time->value.IsInt64())
                return false;
            value.time = time->value.GetInt64();
            return take(tree, "user", value.user) && take(tree, "room", value.room) &&
                   take(tree, "text", value.text);
        },
        [](line const& value, std::string& out) {
            rapidjson::StringBuffer buffer;
            rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                              rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>
                to(buffer);
            auto const text = [&to](char const* name, std::string const& what) {
                return to.Key(name) &&
                       to.String(what.data(), static_cast<rapidjson::SizeType>(what.size()));
            };
            bool const good = to.StartObject() && text("user", value.user) &&
                              text("room", value.room) && text("text", value.text) &&
                              to.Key("time") && to.Int64(value.time) && to.EndObject();
            out.append(buffer.GetString(), buffer.GetSize());
            return good;
        });
}

#endif

// The answer --------------------------------------------------------------------------------------

int run(int argc, char** argv) {
    auto const given = read_settings(argc, argv);
    if (!given)
        return 0;
    auto const& s = *given;
    require_writable(s.json);
    fmt::print("hubbub {}, {} {}\n", hubbub_version(), compiler(), BENCHMARK_FLAGS);

    std::vector<subject> subjects = {of_hubbub<hubbub::json_serializer>("hubbub, JSON"),
                                     of_hubbub<hubbub::msgpack_serializer>("hubbub, MessagePack"),
                                     of_nlohmann()};
#if defined(HAS_RAPIDJSON)
    subjects.push_back(of_rapidjson());
#endif
    {
        progress shown(s.runs);
        for (std::size_t i = 0; i <= s.runs; ++i) {
            check_interruption();
            if (i > 0)
                shown.step("all in turn");
            for (auto& each : subjects) {
                auto const reading = each.read(s.times);
                auto const writing = each.write(s.times);
                if (i == 0) // to warm up
                    continue;
                each.reading.add(reading);
                each.writing.add(writing);
            }
        }
    }

    auto const& own = subjects.front();
    report r("json");
    table t(1, {"means", "read ns", "of hubbub's", "write ns", "of hubbub's"});
    for (auto const& each : subjects) {
        t.add({each.name, digits(each.reading.median()),
               times(ratio(each.reading, own.reading).median()), digits(each.writing.median()),
               times(ratio(each.writing, own.writing).median())});
        r.add({{"means", each.name}}, "read", "ns/message", each.reading);
        r.add({{"means", each.name}}, "write", "ns/message", each.writing);
    }
    print_heading(fmt::format("A message of four members, {} bytes as JSON", line_as_json.size()));
    t.print();
    bool const kept = own.reading.median() <= most_to_read && own.writing.median() <= most_to_write;
    fmt::print("  goal for hubbub's JSON: {} ns at most to read, {} to write: {}\n",
               digits(most_to_read), digits(most_to_write), kept ? "kept" : "MISSED");
#if !defined(HAS_RAPIDJSON)
    fmt::print("  RapidJSON is not installed (Debian: rapidjson-dev), and left out.\n");
#endif
    r.write(s.json);
    return s.check && !kept ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    return bench::run_program("json", [&] { return run(argc, argv); });
}
