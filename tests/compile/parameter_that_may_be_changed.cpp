// rejects: hubbub: a parameter of this method is a reference to what is not const; take it by value, or by reference to const
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <string>

namespace parameter_that_may_be_changed {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.on("say", [](std::string& text) { text.clear(); });
#else
    hub.on("say", [](std::string text) { text.clear(); });
#endif
}

} // namespace parameter_that_may_be_changed
