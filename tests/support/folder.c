/* SPDX-License-Identifier: MIT */
#include "support/folder.h"

#include "support/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[200];

const char *folder_path(void)
{
    return folder;
}

const char *in_folder(const char *name)
{
    static char path[2][512];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

int folder_make(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/uhn-test-XXXXXX", parent && *parent ? parent : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

/* Calls `visit` (or nothing) for each file; returns their number. */
static size_t each_file(int (*visit)(const char *path))
{
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(listing));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (visit)
            assert_int_equal(visit(in_folder(entry->d_name)), 0);
    }
    closedir(listing);
    return count;
}

size_t files_in_folder(void)
{
    return each_file(NULL);
}

int folder_empty(void **state)
{
    (void)state;
    each_file(remove);
    return 0;
}

int folder_remove(void **state)
{
    (void)state;
    return rmdir(folder);
}

uint8_t *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *bytes = test_allocate(1 << 20, 1);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

void assert_contents(const char *path, const char *expected)
{
    size_t size;
    uint8_t *bytes = slurp(path, &size);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(bytes, expected, size);
    free(bytes);
}
