// Everything is measured by this file.
#include <asio/io_context.hpp>

int main() {}
