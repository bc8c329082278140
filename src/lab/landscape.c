/* SPDX-License-Identifier: MIT */
#include "lab/landscape.h"

#include "base/status.h"

#include <math.h>

double uhn_round_step(double range, double count)
{
    const double raw = range > 0 ? range / count : 1, power = pow(10, floor(log10(raw)));
    const double digit = raw / power;
    return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

void uhn_add_note(uhn_text *script, const char *string, const char *system, double x, double y, const char *how)
{
    uhn_text_add(script, "set label ");
    uhn_add_quoted(script, string);
    uhn_text_add(script, " at %s %.9g, %s %.9g front noenhanced %s\n", system, x, system, y, how);
}

uhn_status uhn_landscape_script(const uhn_landscape *landscape, uhn_figure_format format, uhn_text *script)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t k = 0; k < landscape->size[0] * landscape->size[1]; k++)
        if (isfinite(landscape->energies[k])) {
            least = fmin(least, landscape->energies[k]);
            most = fmax(most, landscape->energies[k]);
        }
    if (!(least <= most))
        return uhn_fail(UHN_ERROR_ARGUMENT, "there is nothing to draw: no place of the slice has an energy");
    if (landscape->slice->axes > 1)
        return uhn_add_plane(landscape, format, least, most, script);
    uhn_add_profile(landscape, format, least, most, script);
    return uhn_text_status(script, "a figure");
}

uhn_status uhn_draw_landscape(const uhn_landscape *landscape, const char *path, uhn_figure_format format)
{
    uhn_text script = {0};
    uhn_status status = uhn_landscape_script(landscape, format, &script);
    if (status == UHN_OK)
        status = uhn_draw_script(&script, path, format, landscape->title,
                                 landscape->slice->axes > 1 ? "Effective energy on the plane through three memories"
                                                            : "Effective energy on the line through two memories");
    uhn_text_release(&script);
    return status;
}
