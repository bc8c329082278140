/* SPDX-License-Identifier: MIT
 * libFuzzer's entries. UHN_FUZZ_TARGET names the target. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    const char *name = getenv("UHN_FUZZ_TARGET");
    target = name ? fuzz_find_target(name) : NULL;
    if (!target) {
        fprintf(stderr, "fuzz: UHN_FUZZ_TARGET is not a target\n");
        exit(2);
    }
    fuzz_enter_folder();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    target->run(target, bytes, size);
    return 0;
}
