/* SPDX-License-Identifier: MIT
 * The header of energies and dynamics compiles alone as C++17, and its declarations have C linkage. */
#include "header_dynamics.c"

extern "C" const char *uhn_ending_text(uhn_ending ending);
