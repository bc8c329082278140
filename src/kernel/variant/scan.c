/* SPDX-License-Identifier: MIT
 * Passes that look for something, without branches. */
#include "kernel/variant/variant.h"

#include <float.h>
#include <math.h>

bool UHN_VARIANT(uhn_all_finite)(const float *x, size_t dim)
{
    unsigned others = 0;
    for (size_t i = 0; i < dim; i++)
        others += !(fabsf(x[i]) <= FLT_MAX);
    return others == 0;
}
