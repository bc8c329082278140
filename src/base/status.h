/* SPDX-License-Identifier: MIT
 * Where errors are said: once, where they happen; callers only forward. */
#ifndef UHN_BASE_STATUS_H
#define UHN_BASE_STATUS_H

#include "uhn/uhn.h"

/* Keeps one sentence for uhn_error_detail() of this thread and returns `status`. */
uhn_status uhn_fail(uhn_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forwards the first failure; `status` and the label `leave` are the function's own. */
#define UHN_TRY(expression)                                                                                            \
    do {                                                                                                               \
        status = (expression);                                                                                         \
        if (status != UHN_OK)                                                                                          \
            goto leave;                                                                                                \
    } while (0)

#endif
