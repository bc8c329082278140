/* SPDX-License-Identifier: MIT
 * The headers of the store and of libraries that build on libuhn compile alone as C++17, with C linkage. */
#include "header_store.c"

extern "C" void uhn_store_close(uhn_store *store);
