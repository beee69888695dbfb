// rejects: hubbub: a member function is called on an object: write a lambda that has the object
#include <hubbub.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>

#include <string>

namespace member_function_without_its_object {

using bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;

struct lobby {
    void say(std::string const& text) { last = text; }
    std::string last;
};

void use(hubbub::hub<bus>& hub) {
#ifdef REJECT
    hub.on("say", &lobby::say);
#else
    static lobby one;
    hub.on("say", [](std::string const& text) { one.say(text); });
#endif
}

} // namespace member_function_without_its_object
