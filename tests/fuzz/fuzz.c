/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <float.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const fuzz_target targets[] = {
    {"npy", "input.npy", fuzz_run_reader},
    {"png", "input.png", fuzz_run_reader},
    {"jpeg", "input.jpg", fuzz_run_reader},
    {"idx", "input.idx", fuzz_run_reader},
    {"cifar", "input.bin", fuzz_run_reader},
    {"archive", "input.tar", fuzz_run_reader},
    {"folder", "input", fuzz_run_folder},
    {"gzip", "input.gz", fuzz_run_gzip},
    {"store", "kept/data-1.mdb", fuzz_run_store},
    {"table", "table.npy", fuzz_run_table},
    {"arguments", NULL, fuzz_run_arguments},
    {"command", NULL, fuzz_run_command},
    {"recall", NULL, fuzz_run_recall},
    {"flow", NULL, fuzz_run_flow},
    {"results", "input.json", fuzz_run_results},
    {"cell", "cells/run-0-point-0.json", fuzz_run_cell},
};

const fuzz_target *fuzz_target_at(size_t index)
{
    return index < sizeof targets / sizeof *targets ? &targets[index] : NULL;
}

const fuzz_target *fuzz_find_target(const char *name)
{
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (strcmp(targets[i].name, name) == 0)
            return &targets[i];
    return NULL;
}

void fuzz_require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

/* ------------------------------------------------------------------------------------------------ the folder */

static char folder[256];

void fuzz_enter_folder(void)
{
    const char *root = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/uhn-fuzz-XXXXXX", root && *root ? root : "/tmp");
    fuzz_require(mkdtemp(folder) && chdir(folder) == 0, "no folder to work in");
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *place)
{
    (void)about, (void)type, (void)place;
    return remove(path);
}

void fuzz_remove_folder(void)
{
    fuzz_require(chdir("/") == 0 && nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, "the folder stays");
}

void fuzz_write(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    fuzz_require(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0, "a file could not be written");
}

/* ------------------------------------------------------------------------------------------------ bytes */

uint8_t fuzz_byte(fuzz_bytes *bytes)
{
    if (bytes->left == 0)
        return 0;
    bytes->left--;
    return *bytes->next++;
}

size_t fuzz_range(fuzz_bytes *bytes, size_t first, size_t last)
{
    return first + fuzz_byte(bytes) % (last - first + 1);
}

void fuzz_text(fuzz_bytes *bytes, char text[FUZZ_TEXT])
{
    size_t length = fuzz_range(bytes, 0, FUZZ_TEXT - 1);
    length = length < bytes->left ? length : bytes->left;
    memcpy(text, bytes->next, length);
    text[length] = '\0';
    bytes->next += length;
    bytes->left -= length;
}

float fuzz_number(fuzz_bytes *bytes)
{
    static const float special[] = {NAN, INFINITY, -INFINITY, FLT_MAX, -FLT_MAX, FLT_MIN, FLT_TRUE_MIN, -0.0f};
    const uint8_t byte = fuzz_byte(bytes);
    const size_t count = sizeof special / sizeof *special;
    return byte < 256 - count ? (float)byte / 64 - (byte >= 128 ? 4.0f : 0.0f) : special[byte - (256 - count)];
}
