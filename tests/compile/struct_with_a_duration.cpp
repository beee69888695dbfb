// rejects: hubbub: this type has no JSON or MessagePack form: send a struct of its values, or write to_json and from_json
#include <hubbub.hpp>
#include <hubbub/serializer/json.hpp>

#include <chrono>
#include <cstdint>

namespace struct_with_a_duration {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

#ifdef REJECT
struct order {
    int number;
    std::chrono::seconds patience;
};
#else
struct order {
    int number;
    std::int64_t patience_seconds;
};
#endif

void use(bus& to, order const& message) {
    (void)to.publish("orders", message);
}

} // namespace struct_with_a_duration
