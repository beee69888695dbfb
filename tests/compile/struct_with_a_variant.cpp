// rejects: std::variant<int, std::
#include <hubbub.hpp>
#include <hubbub/serializer/json.hpp>

#include <optional>
#include <string>
#include <variant>

namespace struct_with_a_variant {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

#ifdef REJECT
struct order {
    std::variant<int, std::string> number;
};
#else
struct order {
    std::optional<int> number;
    std::optional<std::string> name;
};
#endif

void use(bus& to, order const& message) {
    (void)to.publish("orders", message);
}

} // namespace struct_with_a_variant
