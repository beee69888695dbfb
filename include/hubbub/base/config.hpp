// SPDX-License-Identifier: MIT
#pragma once

// Code that depends on no type of the user's is declared in x.hpp and defined in impl/x.ipp. By
// default x.hpp includes impl/x.ipp, and the definitions are inline: nothing is to be linked. With
// HUBBUB_SEPARATE_COMPILATION, which the whole program defines or does not, it leaves them out, and
// one file of the program includes <hubbub/src.hpp>.
#if defined(HUBBUB_SEPARATE_COMPILATION)
#define HUBBUB_DECL
#else
#define HUBBUB_DECL inline
#endif
