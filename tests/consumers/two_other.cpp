// SPDX-License-Identifier: MIT
#include "two.hpp"

std::string hear_in_the_other_file() {
    return hear("two");
}
