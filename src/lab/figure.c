/* SPDX-License-Identifier: MIT */
#include "lab/figure.h"

#include "base/status.h"

uhn_status uhn_draw_figure(const uhn_results *results, const char *stem, uhn_figure_format format)
{
    if (results->x_count == 0 || results->series_count == 0 || (unsigned)format >= UHN_FIGURE_FORMAT_COUNT)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: there is nothing to draw: %zu curves of %zu levels", stem,
                        results->series_count, results->x_count);
    uhn_text script = {0}, path = {0}, description = {0};
    uhn_status status;
    uhn_text_add(&path, "%s.%s", stem, uhn_figure_extension(format));
    UHN_TRY(uhn_text_status(&path, "the name of a figure"));
    uhn_text_add(&description, "%s over %s", uhn_criterion_axis(results->headline), results->x_name);
    UHN_TRY(uhn_text_status(&description, path.bytes));
    uhn_figure_script(results, format, &script);
    status = uhn_draw_script(&script, path.bytes, format, results->experiment, description.bytes);
leave:
    uhn_text_release(&script);
    uhn_text_release(&path);
    uhn_text_release(&description);
    return status;
}
