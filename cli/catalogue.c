/* SPDX-License-Identifier: MIT */
#include "catalogue.h"
#include "core/nearest.h"
#include "data/dataset.h"
#include "lab/experiment.h"
#include "options.h"
#include "store_input.h"
#include "uhn/dynamics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_COLUMN = 2, SUMMARY_COLUMN = 25, PARAMETER_COLUMN = 27 };

static bool similarity_at(size_t index, cli_entry *entry)
{
    const uhn_similarity *row = uhn_similarity_at(index);
    if (!row)
        return false;
    *entry = (cli_entry){.name = row->name,
                         .summary = row->summary,
                         .domain = row->domain,
                         .parameters = row->parameters,
                         .parameter_count = row->parameter_count};
    if (strcmp(row->name, "table") == 0)
        entry->note = "file=T.npy: the table, an array of floats, bins of a memory × bins of a query (required)";
    return true;
}

static bool separation_at(size_t index, cli_entry *entry)
{
    const uhn_separation *row = uhn_separation_at(index);
    if (!row)
        return false;
    *entry = (cli_entry){.name = row->name,
                         .summary = row->summary,
                         .parameters = row->parameters,
                         .parameter_count = row->parameter_count};
    return true;
}

static bool preset_at(size_t index, cli_entry *entry)
{
    const uhn_preset *row = uhn_preset_at(index);
    if (!row)
        return false;
    *entry = (cli_entry){.name = row->name,
                         .summary = row->summary,
                         .source = row->source,
                         .note = row->needs_values ? "needs --values" : NULL,
                         .parameters = row->parameters,
                         .parameter_count = row->parameter_count};
    return true;
}

static bool reader_at(size_t index, cli_entry *entry)
{
    const uhn_reader *row = uhn_reader_at(index);
    const bool store = !row && index > 0 && uhn_reader_at(index - 1);
    if (row)
        *entry = (cli_entry){.name = row->name, .summary = row->summary};
    if (store)
        *entry = (cli_entry){.name = CLI_STORE_READER, .summary = CLI_STORE_READER_SUMMARY};
    return row || store;
}

static bool corruption_at(size_t index, cli_entry *entry)
{
    const uhn_corruption *row = uhn_corruption_at(index);
    if (!row)
        return false;
    *entry = (cli_entry){.name = row->name, .summary = row->summary};
    entry->level = (uhn_parameter){.key = "level", .minimum = row->minimum, .maximum = row->maximum, .initial = NAN};
    return true;
}

static bool experiment_at(size_t index, cli_entry *entry)
{
    const uhn_experiment *row = uhn_experiment_at(index);
    const bool suite = !row && index > 0 && uhn_experiment_at(index - 1);
    if (row)
        *entry = (cli_entry){.name = row->name, .summary = row->summary};
    if (suite)
        *entry = (cli_entry){.name = UHN_SUITE, .summary = UHN_SUITE_SUMMARY};
    return row || suite;
}

static bool additive_at(size_t index, cli_entry *entry)
{
    const uhn_additive *row = uhn_additive_at(index);
    if (row)
        *entry = (cli_entry){.name = row->name,
                             .summary = row->summary,
                             .note = row->leaks ? "leak on by default" : "leak off by default"};
    return row != NULL;
}

/* Those of the value layer first. */
static bool lagrangian_at(size_t index, cli_entry *entry)
{
    static const char *const notes[UHN_LAYER_COUNT] = {"value neurons: --lagrangian-v",
                                                       "memory neurons: --lagrangian-h"};
    for (int layer = 0; layer < UHN_LAYER_COUNT; layer++) {
        const uhn_lagrangian *row;
        for (size_t i = 0; (row = uhn_lagrangian_at((uhn_layer)layer, i)); i++)
            if (index-- == 0) {
                *entry = (cli_entry){.name = row->name,
                                     .summary = row->summary,
                                     .note = notes[layer],
                                     .parameters = row->parameters,
                                     .parameter_count = row->parameter_count};
                return true;
            }
    }
    return false;
}

static bool integrator_at(size_t index, cli_entry *entry)
{
    static const char *const summaries[UHN_INTEGRATOR_COUNT] = {
        [UHN_INTEGRATOR_ADIABATIC] = "memory neurons follow at once; stable for any dt",
        [UHN_INTEGRATOR_GAUSS_SEIDEL] = "memory neurons step, then value neurons; stable for any dt",
        [UHN_INTEGRATOR_EULER] = "both from the old state, explicitly; stable below a limit",
        [UHN_INTEGRATOR_RK4] = "Runge–Kutta of order 4, accurate in time; stable below a limit"};
    if (index >= UHN_INTEGRATOR_COUNT)
        return false;
    *entry = (cli_entry){.name = uhn_integrator_text((uhn_integrator)index), .summary = summaries[index]};
    return true;
}

static const cli_catalogue catalogues[] = {
    {"similarities", "similarities: --similarity NAME[:key=value,…]; a score is higher for more alike", similarity_at},
    {"separations", "separations: --separation NAME[:key=value,…]; scores become weights", separation_at},
    {"presets", "presets: --preset NAME[:key=value,…]; a model of the literature", preset_at},
    {"readers", "readers: what any option that takes a FILE understands", reader_at},
    {"corruptions", "corruptions: uhn corrupt --NAME level", corruption_at},
    {"experiments", "experiments: uhn experiment NAME --data PATH", experiment_at},
    {"additive", "additive: --similarity NAME of uhn dynamics; a state flows along its slopes", additive_at},
    {"lagrangians", "lagrangians: --lagrangian-v, --lagrangian-h NAME[:key=value,…] of uhn dynamics", lagrangian_at},
    {"integrators", "integrators: --integrator NAME of uhn dynamics", integrator_at},
};

const cli_catalogue *cli_catalogue_at(size_t index)
{
    return index < sizeof catalogues / sizeof *catalogues ? &catalogues[index] : NULL;
}

static const char *catalogue_name_at(size_t index, const void *context)
{
    (void)context;
    const cli_catalogue *catalogue = cli_catalogue_at(index);
    return catalogue ? catalogue->name : NULL;
}

const cli_catalogue *cli_find_catalogue(const char *name, const char **nearest)
{
    for (size_t i = 0; cli_catalogue_at(i); i++)
        if (strcmp(catalogues[i].name, name) == 0)
            return &catalogues[i];
    *nearest = uhn_nearest_name(name, catalogue_name_at, NULL);
    return NULL;
}

static int describe_bounds(const uhn_parameter *parameter, char *text, size_t size)
{
    const bool below = isfinite(parameter->minimum), above = isfinite(parameter->maximum);
    if (parameter->words)
        return snprintf(text, size, "%s", parameter->words);
    const char *whole = parameter->whole ? "whole, " : "";
    if (below && above)
        return snprintf(text, size, "%s%g %s %s ≤ %g", whole, parameter->minimum, parameter->above ? "<" : "≤",
                        parameter->key, parameter->maximum);
    if (below)
        return snprintf(text, size, "%s%s %s %g", whole, parameter->key, parameter->above ? ">" : "≥",
                        parameter->minimum);
    if (above)
        return snprintf(text, size, "%s%s ≤ %g", whole, parameter->key, parameter->maximum);
    return snprintf(text, size, "%sany number", whole);
}

void cli_describe_parameter(const uhn_parameter *parameter, char *text, size_t size)
{
    const int used = describe_bounds(parameter, text, size);
    if (used < 0 || (size_t)used >= size || isnan(parameter->initial))
        return;
    if (parameter->words && parameter->initial >= 0 && parameter->initial < (double)cli_word_count(parameter->words)) {
        size_t length;
        const char *word = cli_word_at(parameter->words, (size_t)parameter->initial, &length);
        snprintf(text + used, size - (size_t)used, ", default %.*s", (int)length, word);
    } else {
        snprintf(text + used, size - (size_t)used, ", default %g", parameter->initial);
    }
}

static void print_detail(const char *format, const char *text)
{
    char line[512];
    snprintf(line, sizeof line, format, text);
    printf("%*s", PARAMETER_COLUMN, "");
    cli_print_wrapped(line, PARAMETER_COLUMN, PARAMETER_COLUMN + 2);
}

static void print_entry(const cli_entry *entry)
{
    int column = printf("%*s%s", NAME_COLUMN, "", entry->name);
    if (column + 2 > SUMMARY_COLUMN) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", SUMMARY_COLUMN - column, "");
    cli_print_wrapped(entry->summary, SUMMARY_COLUMN, SUMMARY_COLUMN);
    for (size_t i = 0; i < entry->parameter_count; i++) {
        char range[160], line[512];
        cli_describe_parameter(&entry->parameters[i], range, sizeof range);
        snprintf(line, sizeof line, "%s: %s (%s)", entry->parameters[i].key, entry->parameters[i].summary, range);
        print_detail("%s", line);
    }
    if (!entry->parameters && entry->level.key) {
        char range[160];
        cli_describe_parameter(&entry->level, range, sizeof range);
        print_detail("%s", range);
    }
    if (entry->note)
        print_detail("%s", entry->note);
    if (entry->domain)
        print_detail("refuses %s", entry->domain);
    if (entry->source)
        print_detail("source: %s", entry->source);
}

void cli_print_catalogue(const cli_catalogue *catalogue)
{
    cli_entry entry;
    cli_print_wrapped(catalogue->heading, 0, 2);
    for (size_t i = 0; catalogue->at(i, &entry); i++)
        print_entry(&entry);
}
