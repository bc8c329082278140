/* SPDX-License-Identifier: MIT
 * The exponential function of many numbers. */
#include "kernel/variant/exponential.h"

#include <math.h>

/* −infinity − top is not always a number. */
ALWAYS_INLINE doubles scaled(doubles x, double scale, double top)
{
    const doubles nothing = all_doubles(-INFINITY);
    return choose(equal(x, nothing), nothing, scale * (x - top));
}

void UHN_VARIANT(uhn_exponentials)(const double *x, size_t count, double scale, double top, double *to)
{
    size_t i = 0;
    for (; i + DOUBLES <= count; i += DOUBLES)
        store_doubles(to + i, exponential(scaled(load_doubles(x + i), scale, top)));
    if (i < count) {
        double rest[DOUBLES] = {0};
        memcpy(rest, x + i, (count - i) * sizeof *x);
        store_doubles(rest, exponential(scaled(load_doubles(rest), scale, top)));
        memcpy(to + i, rest, (count - i) * sizeof *to);
    }
}
