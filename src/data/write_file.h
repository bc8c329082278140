/* SPDX-License-Identifier: MIT
 * Writing a file so that nobody ever sees half of it: the bytes go to a temporary file in the same folder, which takes
 * the place of the old file only when all of them are on the disk. */
#ifndef UHN_DATA_WRITE_FILE_H
#define UHN_DATA_WRITE_FILE_H

#include "uhn/uhn.h"

#include <stdio.h>

typedef struct uhn_replacement {
    FILE *stream;     /* where the bytes go */
    const char *path; /* as the caller named it, for error sentences; borrowed */
    char *target;     /* the file that will be replaced: `path` with links resolved; owned */
    char *temporary;  /* owned; NULL: `path` is a device, a pipe or our own output and is written directly */
} uhn_replacement;

/* Starts to write `path`. Every start that succeeds needs one finish.
 * UHN_ERROR_ARGUMENT (the system refuses; the detail has path and reason), UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_replacement_start(uhn_replacement *file, const char *path);

uhn_status uhn_replacement_write(uhn_replacement *file, const void *bytes, size_t size);

/* Is `name`, without its folder, that of a temporary file? One is left when a program is killed while it writes. */
bool uhn_replacement_is_temporary(const char *name);

/* Ends it: with UHN_OK the new file takes its place; with any other status it is thrown away and the old file stays
 * as it was. Returns `status`, or what went wrong at the end. */
uhn_status uhn_replacement_finish(uhn_replacement *file, uhn_status status);

#endif
