/* SPDX-License-Identifier: MIT */
#include "output_names.h"
#include "message.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool cli_ends_in(const char *path, const char *ending)
{
    const size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

bool cli_is_png(const char *path)
{
    return cli_ends_in(path, ".png");
}

int cli_check_output_name(const char *command, const char *option, const char *path)
{
    if (cli_is_png(path) || cli_ends_in(path, ".npy"))
        return CLI_WORKED;
    return cli_complain(CLI_MISUSED, command, "--%s is %s, but its name must end in .npy or .png", option, path);
}

int cli_check_npy_name(const char *command, const char *option, const char *path)
{
    if (cli_ends_in(path, ".npy"))
        return CLI_WORKED;
    return cli_complain(CLI_MISUSED, command, "--%s is %s, but its name must end in .npy", option, path);
}

/* The one name of a file that may have many, and may not be there yet; "" where not even its folder is. */
static void find_real_name(const char *path, char real[PATH_MAX])
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (realpath(path, real))
        return;
    const int length = snprintf(folder, sizeof folder, "%.*s.", (int)(name - path), path);
    if (length < 0 || length >= PATH_MAX || !realpath(folder, real)) {
        *real = '\0';
        return;
    }
    const size_t used = strlen(real);
    snprintf(real + used, PATH_MAX - used, "/%s", name);
}

static bool same_file(const char *name, const char *other)
{
    char real[PATH_MAX], other_real[PATH_MAX];
    if (strcmp(name, other) == 0)
        return true;
    find_real_name(name, real);
    find_real_name(other, other_real);
    return *real && strcmp(real, other_real) == 0;
}

int cli_check_outside(const char *command, const char *store, const char *const *names, size_t count)
{
    char folder[PATH_MAX], real[PATH_MAX];
    find_real_name(store, folder);
    const size_t length = strlen(folder);
    for (size_t i = 0; length && i < count; i++) {
        if (names[i])
            find_real_name(names[i], real);
        if (names[i] && strncmp(real, folder, length) == 0 && real[length] == '/')
            return cli_complain(CLI_MISUSED, command,
                                "%s is in the folder of the store, which only its own files are for", names[i]);
    }
    return CLI_WORKED;
}

int cli_check_different(const char *command, const char *const *names, size_t count, const char *list)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            if (names[i] && names[j] && same_file(names[i], names[j]))
                return cli_complain(CLI_MISUSED, command, "%s is named for two of %s", names[i], list);
    return CLI_WORKED;
}

int cli_check_kept(const char *command, const char *const *read, size_t read_count, const char *const *written,
                   size_t written_count)
{
    for (size_t i = 0; i < written_count; i++)
        for (size_t j = 0; j < read_count; j++)
            if (written[i] && read[j] && same_file(written[i], read[j]))
                return cli_complain(CLI_MISUSED, command, "%s is read, and would be written over; choose another name",
                                    written[i]);
    return CLI_WORKED;
}
