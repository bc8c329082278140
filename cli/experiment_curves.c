/* SPDX-License-Identifier: MIT */
#include "base/allocate.h"
#include "base/status.h"
#include "experiment.h"
#include "message.h"

#include <stdio.h>
#include <string.h>

/* Does the piece up to the next comma go on with the parameters of the name before it, as the "beta=2" of
 * "top-k-softmax:k=3,beta=2"? */
static bool is_parameter(const char *piece, size_t length)
{
    const char *equals = memchr(piece, '=', length), *colon = memchr(piece, ':', length);
    return equals && (!colon || colon > equals);
}

uhn_status experiment_take_names(const cli_option *option, const char *text, void *member)
{
    experiment_names *names = member;
    for (const char *piece = text;;) {
        const size_t length = strcspn(piece, ",");
        const bool more = names->count > 0 && is_parameter(piece, length);
        if (length == 0)
            return uhn_fail(UHN_ERROR_RANGE, "--%s is '%s', but a name is missing", option->name, text);
        if (!more && names->count == EXPERIMENT_NAMES_MAX)
            return uhn_fail(UHN_ERROR_RANGE, "--%s takes at most %d names", option->name, EXPERIMENT_NAMES_MAX);
        char *to = names->texts[names->count - more];
        names->count += !more;
        const size_t used = strlen(to);
        if ((size_t)snprintf(to + used, EXPERIMENT_TEXT_MAX - used, "%s%.*s", more ? "," : "", (int)length, piece) >=
            EXPERIMENT_TEXT_MAX - used)
            return uhn_fail(UHN_ERROR_RANGE, "--%s: %.*s is longer than %d letters", option->name, (int)length, piece,
                            EXPERIMENT_TEXT_MAX - 1);
        if (!piece[length])
            return UHN_OK;
        piece += length + 1;
    }
}

static int check_similarity(const char *text, uhn_protocol protocol)
{
    uhn_options options;
    uhn_options_default(&options);
    const uhn_status status = uhn_choose_similarity(&options, text);
    if (status != UHN_OK)
        return cli_complain_status(CLI_MISUSED, "experiment", "--similarity", status);
    if (strcmp(options.similarity->name, "table") == 0)
        return cli_complain(CLI_MISUSED, "experiment",
                            "--similarity table: experiments learn a table of their own, the curve 'learned'");
    if (protocol == UHN_PROTOCOL_PAPER && !options.similarity->paper)
        return cli_complain(CLI_MISUSED, "experiment",
                            "--similarity %s is not in the paper's code; --protocol uhn has it",
                            options.similarity->name);
    return CLI_WORKED;
}

/* *tunes: it has a temperature, which is not given. */
static int check_separation(const char *text, uhn_protocol protocol, bool *tunes)
{
    uhn_options options;
    uhn_options_default(&options);
    const uhn_status status = uhn_choose_separation(&options, text);
    if (status != UHN_OK)
        return cli_complain_status(CLI_MISUSED, "experiment", "--separation", status);
    if (protocol == UHN_PROTOCOL_PAPER && !options.separation->paper)
        return cli_complain(CLI_MISUSED, "experiment",
                            "--separation %s is not in the paper's code; --protocol uhn has it",
                            options.separation->name);
    *tunes = false;
    for (size_t i = 0; i < options.separation->parameter_count; i++)
        *tunes |= strcmp(options.separation->parameters[i].key, "beta") == 0;
    *tunes &= protocol == UHN_PROTOCOL_UHN && !strstr(text, "beta=");
    return CLI_WORKED;
}

static void add_pair(experiment_curves *curves, const char *name, const char *similarity, const char *separation,
                     const char *asked, uhn_curve_row row)
{
    char *to = curves->names[curves->count];
    snprintf(to, sizeof *curves->names, "%s%s", name, asked);
    row.name = to;
    row.similarity = similarity;
    row.separation = separation;
    curves->rows[curves->count++] = row;
}

static int add_curve(const uhn_experiment *experiment, uhn_protocol protocol, const char *similarity,
                     const char *separation, const char *name, experiment_curves *curves)
{
    bool tunes = false;
    int code = check_similarity(similarity, protocol);
    if (code == CLI_WORKED)
        code = check_separation(separation, protocol, &tunes);
    if (code != CLI_WORKED)
        return code;
    const bool both = experiment->task == UHN_TASK_HETERO;
    tunes &= experiment->task != UHN_TASK_BIPOLAR; /* where answers are signs */
    add_pair(curves, name, similarity, separation, both ? " auto" : "", (uhn_curve_row){.tuned = tunes});
    if (both)
        add_pair(curves, name, similarity, separation, " hetero", (uhn_curve_row){.tuned = tunes, .hetero = true});
    return CLI_WORKED;
}

void experiment_curves_free(experiment_curves *curves)
{
    uhn_release(curves->rows);
    uhn_release(curves->names);
    *curves = (experiment_curves){0};
}

/* Nothing is drawn twice. */
static int check_once(const char *option, const experiment_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(names->texts[i], names->texts[k]) == 0)
                return cli_complain(CLI_MISUSED, "experiment", "--%s: %s is named twice", option, names->texts[i]);
    return CLI_WORKED;
}

int experiment_choose(const uhn_experiment *experiment, uhn_protocol protocol, const experiment_names *similarities,
                      const experiment_names *separations, experiment_curves *curves)
{
    const uhn_curve_list *usual = &experiment->curves[protocol];
    const size_t rows = similarities->count ? similarities->count : 1,
                 columns = separations->count ? separations->count : 1;
    const size_t most = 2 * rows * columns + usual->count;
    const char *similarity = protocol == UHN_PROTOCOL_PAPER ? "inverse-manhattan" : "manhattan", *separation = "max";
    int code = check_once("similarity", similarities);
    if (code == CLI_WORKED)
        code = check_once("separation", separations);
    *curves = (experiment_curves){.rows = uhn_allocate(most, sizeof *curves->rows),
                                  .names = uhn_allocate(most, sizeof *curves->names)};
    if (code == CLI_WORKED && (!curves->rows || !curves->names))
        code = cli_complain(CLI_FAILED, "experiment", "no memory for %zu curves", most);
    for (size_t i = 0; code == CLI_WORKED && i < rows * columns; i++) {
        char name[2 * EXPERIMENT_TEXT_MAX];
        if (similarities->count)
            similarity = similarities->texts[i / columns];
        if (separations->count)
            separation = separations->texts[i % columns];
        if (similarities->count && separations->count)
            snprintf(name, sizeof name, "%s %s", similarity, separation);
        else
            snprintf(name, sizeof name, "%s", similarities->count ? similarity : separation);
        code = add_curve(experiment, protocol, similarity, separation, name, curves);
    }
    for (size_t i = 0; code == CLI_WORKED && i < usual->count; i++)
        if (usual->rows[i].kind != UHN_SERIES_MEASURED)
            curves->rows[curves->count++] = usual->rows[i];
    if (code != CLI_WORKED)
        experiment_curves_free(curves);
    return code;
}
