/* SPDX-License-Identifier: MIT
 * The header of energies and dynamics compiles alone; compiled as C11 and, through header_dynamics.cpp, as C++17. */
#include <uhn/dynamics.h>

int main(void);

int main(void)
{
    uhn_flow flow;
    uhn_flow_default(&flow);
    return uhn_choose_additive(&flow, "dot") == UHN_OK ? 0 : 1;
}
