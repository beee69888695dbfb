// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Bytes that anyone may have sent become a JSON value, or are refused.
namespace hubbub::detail::json_value {

using json = nlohmann::json;

/// How deep arrays and objects may nest, in what is encoded and in what is decoded.
inline constexpr std::size_t max_depth = 64;

/// Builds a value from the events of nlohmann's readers, and stops them at max_depth: that for
/// MessagePack calls itself for each level.
class builder {
public:
    explicit builder(json& root) : root_(root) {}

    bool null() { return put(nullptr); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(json::number_integer_t value) { return put(value); }
    bool number_unsigned(json::number_unsigned_t value) { return put(value); }
    bool number_float(json::number_float_t value, std::string const&) { return put(value); }
    bool string(std::string& value) { return put(std::move(value)); }
    bool binary(json::binary_t& value) { return put(std::move(value)); }
    bool start_object(std::size_t) { return open(json::object()); }
    bool start_array(std::size_t) { return open(json::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool parse_error(std::size_t, std::string const&, json::exception const&) { return false; }

    /// Of two members with one name the later stays.
    bool key(std::string& name) {
        member_ = &(*open_.back())[name];
        return true;
    }

private:
    json& place() {
        if (open_.empty())
            return root_;
        return open_.back()->is_array() ? open_.back()->emplace_back() : *member_;
    }

    bool put(json value) {
        place() = std::move(value);
        return true;
    }

    bool open(json container) {
        if (open_.size() == max_depth)
            return false;
        auto& opened = place();
        opened = std::move(container);
        open_.push_back(&opened);
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    json& root_;
    json* member_ = nullptr;
    std::vector<json*> open_;
};

/// Makes a value of the whole of some bytes; false if they are anything else or nest too deep.
inline bool parse(std::string_view bytes, json::input_format_t format, json& out) {
    builder events(out);
    return json::sax_parse(bytes, &events, format);
}

/// Whether parse will take a value for its depth.
inline bool nests_within(json const& value, std::size_t levels = max_depth) {
    auto const within = [levels](json const& part) { return nests_within(part, levels - 1); };
    return !value.is_structured() ||
           (levels > 0 && std::all_of(value.begin(), value.end(), within));
}

} // namespace hubbub::detail::json_value
