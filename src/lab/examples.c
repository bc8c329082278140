/* SPDX-License-Identifier: MIT */
#include "lab/examples.h"
#include "base/allocate.h"

void uhn_examples_free(uhn_examples *examples)
{
    for (size_t s = 0; examples->series && s < examples->series_count; s++)
        uhn_release(examples->series[s]);
    uhn_release(examples->series);
    uhn_release(examples->corruption);
    uhn_release(examples->level_name);
    uhn_release(examples->levels);
    uhn_release(examples->originals);
    uhn_release(examples->cues);
    uhn_release(examples->recalled);
    uhn_release(examples->identified);
    *examples = (uhn_examples){0};
}
