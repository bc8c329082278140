/* SPDX-License-Identifier: MIT
 * What the preloaded shim gives to a program under test, which looks the names up with dlsym(). */
#ifndef UHN_TESTS_FAULTS_SHIM_H
#define UHN_TESTS_FAULTS_SHIM_H

#include <stdbool.h>

/* From now on the k-th call of the kind, 'm' (memory), 'r' (read) or 'w' (write), fails; kind 0: none. */
void uhn_fault_arm(char kind, long k);

/* Has it failed? */
bool uhn_fault_reached(void);

/* Takes down, from now on, in which order bytes reach the disk: a letter for each call, and a 0 behind them. 'w': bytes
 * are written to a file, 'W': to one that writes through to the disk, 's': a file is synced, 'f': a folder, 'r': a file
 * is renamed. */
const char *uhn_fault_watch(void);

#endif
