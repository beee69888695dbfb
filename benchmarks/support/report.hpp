// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"
#include "series.hpp"

#include <hubbub/version.hpp>

#include <asio/version.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#ifndef BENCHMARK_FLAGS
#define BENCHMARK_FLAGS "unknown"
#endif

namespace bench {

inline std::string hubbub_version() {
    return fmt::format("{}.{}.{}", HUBBUB_VERSION_MAJOR, HUBBUB_VERSION_MINOR,
                       HUBBUB_VERSION_PATCH);
}

inline std::string compiler() {
#ifdef __clang__
    return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
    return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

/// Finds out before a long run whether its result can be written. Errors: throws failure.
inline void require_writable(std::string const& path) {
    if (!path.empty() && !std::ofstream(path, std::ios::app))
        throw failure(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

inline void write_file(std::string const& path, std::string const& text) {
    std::ofstream out(path);
    if (!(out << text << std::flush))
        throw failure(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

/// What a program found out, for other programs: each figure with its unit and all its runs.
class report {
public:
    using json = nlohmann::ordered_json;

    explicit report(std::string program) {
        root_ = {{"program", std::move(program)},
                 {"hubbub", hubbub_version()},
                 {"asio", fmt::format("{}.{}.{}", ASIO_VERSION / 100000, ASIO_VERSION / 100 % 1000,
                                      ASIO_VERSION % 100)},
                 {"compiler", compiler()},
                 {"flags", BENCHMARK_FLAGS},
                 {"cpus", std::thread::hardware_concurrency()}};
    }

    /// A fact about the whole.
    void note(std::string const& name, json value) { root_[name] = std::move(value); }

    /// subject says what was measured, as {"name": value, ...}.
    void add(json subject, std::string const& figure, std::string const& unit, series const& runs) {
        subject["figure"] = figure;
        subject["unit"] = unit;
        subject["median"] = runs.median();
        subject["least"] = runs.least();
        subject["most"] = runs.most();
        subject["runs"] = runs.values();
        root_["figures"].push_back(std::move(subject));
    }

    /// Does nothing without a path.
    void write(std::string const& path) const {
        if (!path.empty())
            write_file(path, root_.dump(2) + "\n");
    }

private:
    json root_;
};

} // namespace bench
