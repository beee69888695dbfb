// rejects: hubbub: a struct of more than 24 members cannot be sent by them; make some of them a struct of their own
#include <hubbub.hpp>
#include <hubbub/serializer/json.hpp>

namespace struct_of_25_members {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

#ifdef REJECT
struct order {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y;
};
#else
struct order {
    int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x;
};
#endif

void use(bus& to, order const& message) {
    (void)to.publish("orders", message);
}

} // namespace struct_of_25_members
