// rejects: static assertion failed.*hubbub: a type has a to_json or from_json of its own; include <hubbub/serializer/nlohmann.hpp> where it is sent or received
#include <hubbub/serializer/json.hpp>
#ifndef REJECT
#include <hubbub/serializer/nlohmann.hpp>
#endif

#include <nlohmann/json.hpp>

#include <string>
#include <system_error>
#include <vector>

namespace conversions_without_their_header {

struct point {
    int x;
};

inline void to_json(nlohmann::json& out, point const& value) {
    out = value.x;
}

std::error_code use(std::vector<point> const& points, std::string& out) {
    return hubbub::json_serializer{}.encode(points, out);
}

} // namespace conversions_without_their_header
