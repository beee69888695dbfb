// rejects: hubbub: a pointer cannot be sent or received; name what it points to
#include <hubbub.hpp>
#include <hubbub/serializer/json.hpp>

#include <optional>

namespace struct_with_a_pointer {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

#ifdef REJECT
struct order {
    int number;
    int* above;
};
#else
struct order {
    int number;
    std::optional<int> above;
};
#endif

void use(bus& to, order const& message) {
    (void)to.publish("orders", message);
}

} // namespace struct_with_a_pointer
