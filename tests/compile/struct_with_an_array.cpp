// rejects: hubbub: this struct has an array of C, or a member that {} does not make; write std::array
#include <hubbub.hpp>
#include <hubbub/serializer/json.hpp>

#include <array>

namespace struct_with_an_array {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

#ifdef REJECT
struct order {
    int number;
    int sizes[3];
};
#else
struct order {
    int number;
    std::array<int, 3> sizes;
};
#endif

void use(bus& to, order const& message) {
    (void)to.publish("orders", message);
}

} // namespace struct_with_an_array
