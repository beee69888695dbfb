// rejects: hubbub: a struct with a base class cannot be sent by its members; make the base a member
#include <hubbub.hpp>
#include <hubbub/serializer/json.hpp>

namespace struct_with_a_base {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

#ifdef REJECT
struct item {
    int number;
};
struct order : item {
    int count;
};
#else
struct item {
    int number;
};
struct order {
    item what;
    int count;
};
#endif

void use(bus& to, order const& message) {
    (void)to.publish("orders", message);
}

} // namespace struct_with_a_base
