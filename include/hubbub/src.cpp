// SPDX-License-Identifier: MIT
// What hubbub is compiled to once, for programs that define HUBBUB_SEPARATE_COMPILATION.
#include <hubbub/src.hpp>
