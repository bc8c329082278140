/* SPDX-License-Identifier: MIT */
#include "picture.h"
#include "base/allocate.h"
#include "message.h"

#include <limits.h>
#include <math.h>
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

/* The shape of the file that the rows are like, with their count; its rank, or 0 when it is no shape of these rows. */
static size_t shape_like(const uhn_dataset *model, size_t count, size_t dim, size_t shape[4])
{
    if (!model || model->dim != dim || model->rank == 0)
        return 0;
    size_t whole = 1, tail = 1;
    for (size_t i = 0; i < model->rank; i++) {
        shape[i] = model->shape[i];
        whole *= shape[i];
        tail *= i ? shape[i] : 1;
    }
    if (model->rank > 1 && tail == dim) {
        shape[0] = count;
        return model->rank;
    }
    return count == 1 && whole == dim ? model->rank : 0; /* one row without a dimension that counts it */
}

static uhn_status write_npy(const char *path, const float *rows, size_t count, size_t dim, const uhn_dataset *model)
{
    size_t shape[4];
    size_t rank = shape_like(model, count, dim, shape);
    if (rank == 0) {
        rank = 2;
        shape[0] = count;
        shape[1] = dim;
    }
    return uhn_write_npy_float(path, rows, rank, shape);
}

/* Images in reading order on a sheet about as wide as it is high. The writer takes columns, so they are copied there;
 * places past the last image are NaN, which stay blank. */
static uhn_status write_sheet(const char *path, const float *rows, size_t count, size_t dim,
                              const uhn_geometry *geometry)
{
    const size_t across = (size_t)ceil(sqrt((double)count)), down = (count + across - 1) / across;
    const float **columns = uhn_allocate(across, sizeof *columns);
    float *grid = uhn_allocate(across * down, dim * sizeof *grid);
    uhn_status status = UHN_ERROR_OUT_OF_MEMORY;
    if (columns && grid) {
        for (size_t i = 0; i < across * down; i++) {
            float *cell = grid + (i % across * down + i / across) * dim;
            for (size_t j = 0; j < dim; j++)
                cell[j] = i < count ? rows[i * dim + j] : NAN;
        }
        for (size_t i = 0; i < across; i++)
            columns[i] = grid + i * down * dim;
        status = uhn_write_png_sheet(path, geometry, columns, NULL, across, down);
    }
    uhn_release(grid);
    uhn_release(columns);
    return status;
}

int cli_write_rows(const char *command, const char *path, const float *rows, size_t count, size_t dim,
                   const uhn_dataset *model, const uhn_geometry *geometry)
{
    uhn_status status;
    if (!cli_is_png(path))
        status = write_npy(path, rows, count, dim, model);
    else if (!geometry || geometry->height == 0)
        return cli_complain(CLI_FAILED, command, "%s: the rows are not images, so they cannot become a .png; .npy can",
                            path);
    else
        status = write_sheet(path, rows, count, dim, geometry);
    return status == UHN_OK ? CLI_WORKED : cli_complain_status(CLI_FAILED, command, path, status);
}
