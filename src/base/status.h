/* SPDX-License-Identifier: MIT
 * Where errors are said: once, where they happen, by uhn_fail(); callers only forward. */
#ifndef UHN_BASE_STATUS_H
#define UHN_BASE_STATUS_H

#include "uhn/extend.h"

/* The analyser sees one file at a time: here it learns that uhn_fail() returns the status it was given. */
#ifdef __clang_analyzer__
static inline uhn_status uhn_first_status(uhn_status given, uhn_status returned)
{
    (void)returned;
    return given;
}
#define uhn_fail(status, ...) uhn_first_status(status, uhn_fail(status, __VA_ARGS__))
#endif

/* Forwards the first failure; `status` and the label `leave` are the function's own. */
#define UHN_TRY(expression)                                                                                            \
    do {                                                                                                               \
        status = (expression);                                                                                         \
        if (status != UHN_OK)                                                                                          \
            goto leave;                                                                                                \
    } while (0)

#endif
