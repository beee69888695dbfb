// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// Reads a number. Errors: throws usage_error, which says what would be right.
template <class Number>
Number parse_number(std::string_view text, Number least, Number most) {
    Number value{};
    auto const* const end = text.data() + text.size();
    auto const [stopped, error] = std::from_chars(text.data(), end, value);
    // So put, NaN is none either.
    if (error != std::errc{} || stopped != end || !(value >= least && value <= most))
        throw usage_error(fmt::format("\"{}\" is no {} from {} to {}", text,
                                      std::integral<Number> ? "whole number" : "number", least,
                                      most));
    return value;
}

/// The parts of a list; "" has one part, which is empty.
inline std::vector<std::string_view> split(std::string_view text, char mark) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at != std::string_view::npos;) {
        at = text.find(mark);
        parts.push_back(text.substr(0, at));
        text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    }
    return parts;
}

/// The options of a program: `--name`, `--name VALUE` or `--name=VALUE`.
class arguments {
public:
    arguments(std::string name, std::string question)
        : name_(std::move(name)), question_(std::move(question)) {}

    void flag(std::string name, std::string help, bool& value) {
        options_.push_back(
            {std::move(name), {}, std::move(help), [&value](auto) { value = true; }});
    }

    /// take may throw usage_error; the name of the option is put before it.
    void option(std::string name, std::string shape, std::string help,
                std::function<void(std::string_view)> take) {
        options_.push_back({std::move(name), std::move(shape), std::move(help), std::move(take)});
    }

    void text(std::string name, std::string shape, std::string help, std::string& value) {
        option(std::move(name), std::move(shape), std::move(help), [&value](std::string_view text) {
            if (text.empty())
                throw usage_error("the value is empty");
            value = text;
        });
    }

    template <class Number>
    void number(std::string name, std::string shape, std::string help, Number least, Number most,
                Number& value) {
        option(std::move(name), std::move(shape), std::move(help),
               [least, most, &value](auto text) { value = parse_number(text, least, most); });
    }

    /// False if --help was asked for, and given. Errors: throws usage_error.
    bool parse(int argc, char** argv) {
        std::vector<std::string_view> const given(argv + 1, argv + argc);
        for (auto at = given.begin(); at != given.end(); ++at) {
            if (*at == "--help" || *at == "-h") {
                print_help();
                return false;
            }
            auto const equals = at->find('=');
            auto const name = at->substr(0, equals);
            auto const& found = find(name);
            std::string_view value;
            if (found.shape.empty()) {
                if (equals != std::string_view::npos)
                    throw usage_error(fmt::format("{} takes no value", name));
            } else if (equals != std::string_view::npos) {
                value = at->substr(equals + 1);
            } else if (++at == given.end()) {
                throw usage_error(fmt::format("{} needs a value: {} {}", name, name, found.shape));
            } else {
                value = *at;
            }
            try {
                found.take(value);
            } catch (usage_error const& e) {
                throw usage_error(fmt::format("{}: {}", name, e.what()));
            }
        }
        return true;
    }

private:
    struct entry {
        std::string name;
        std::string shape; // of its value; empty if it takes none
        std::string help;
        std::function<void(std::string_view)> take;
    };

    entry const& find(std::string_view name) const {
        auto const found = std::find_if(options_.begin(), options_.end(),
                                        [&](auto const& e) { return e.name == name; });
        if (found != options_.end())
            return *found;
        std::string known = "--help";
        for (auto const& e : options_)
            known += ", " + e.name;
        throw usage_error(fmt::format("unknown {} \"{}\"; known are {}",
                                      name.starts_with('-') ? "option" : "argument", name, known));
    }

    void print_help() const {
        fmt::print("{} [OPTION...]\n\n{}\n\n", name_, question_);
        std::size_t width = 0;
        for (auto const& e : options_)
            width = std::max(width, e.name.size() + 1 + e.shape.size());
        for (auto const& e : options_)
            fmt::print("  {:<{}}  {}\n", e.name + " " + e.shape, width, e.help);
        fmt::print("  {:<{}}  {}\n", "--help", width, "this");
    }

    std::string name_;
    std::string question_;
    std::vector<entry> options_;
};

} // namespace bench
