/* SPDX-License-Identifier: MIT
 * The public header compiles alone; compiled as C11 by the test header-c11, and as C++17 through test_header.cpp. */
#include <uhn/uhn.h>

int main(void);

int main(void)
{
    uhn_options options;
    uhn_options_default(&options);
    return uhn_choose_similarity(&options, "dot") == UHN_OK ? 0 : 1;
}
