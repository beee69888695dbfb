// What everything is measured by.
#include <asio/io_context.hpp>

int main() {}
