/* SPDX-License-Identifier: MIT */
#include "picture.h"
#include "base/allocate.h"
#include "message.h"
#include "output_names.h"

#include <math.h>

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
