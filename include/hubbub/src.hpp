// SPDX-License-Identifier: MIT
#pragma once

// The definitions of what is no template, for one file of a program that is compiled with
// HUBBUB_SEPARATE_COMPILATION.
#if !defined(HUBBUB_SEPARATE_COMPILATION)
#error "hubbub: <hubbub/src.hpp> is for programs that define HUBBUB_SEPARATE_COMPILATION everywhere"
#endif
