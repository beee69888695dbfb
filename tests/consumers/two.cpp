// SPDX-License-Identifier: MIT
#include "two.hpp"

#include <cstdio>

int main() {
    std::printf("%s %s\n", hear("one").c_str(), hear_in_the_other_file().c_str());
}
