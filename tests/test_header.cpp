/* SPDX-License-Identifier: MIT
 * The public header compiles alone as C++17, and its declarations have C linkage. */
#include "test_header.c"

extern "C" const char *uhn_version(void);
