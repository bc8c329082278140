/* SPDX-License-Identifier: MIT
 * Rows of numbers to a file whose name says how: .npy or .png. */
#ifndef UHN_CLI_PICTURE_H
#define UHN_CLI_PICTURE_H

#include "data/dataset.h"

/* Writes `count` rows of `dim` numbers. A .npy has the shape of `model`, whose rank and sizes stand for rows like
 * these, or count × dim where that does not fit (model NULL or of another dim). A .png needs `geometry`; several
 * images make a sheet, row by row.
 * Returns CLI_WORKED, or the exit status after a sentence on stderr. */
int cli_write_rows(const char *command, const char *path, const float *rows, size_t count, size_t dim,
                   const uhn_dataset *model, const uhn_geometry *geometry);

#endif
