/* SPDX-License-Identifier: MIT */
#include "support/entries.h"

#include "support/scratch.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void folder_each(const char *folder, void (*visit)(const char *path, const char *name, void *context), void *context)
{
    char path[SCRATCH_PATH + 64];
    DIR *entries = opendir(folder);
    for (const struct dirent *entry; entries && (entry = readdir(entries));) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            visit(path, entry->d_name, context);
    }
    if (entries)
        closedir(entries);
}

static void remove_file(const char *path, const char *name, void *context)
{
    (void)name, (void)context;
    (void)unlink(path);
}

void folder_clear(const char *folder)
{
    folder_each(folder, remove_file, NULL);
    (void)rmdir(folder);
}

static void copy_file(const char *path, const char *name, void *context)
{
    char to[SCRATCH_PATH + 64];
    size_t size;
    if (strstr(name, "lock")) /* who reads and who writes is not of the copy */
        return;
    uint8_t *bytes = scratch_bytes(path, &size);
    snprintf(to, sizeof to, "%s/%s", (const char *)context, name);
    FILE *file = fopen(to, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(bytes);
}

void folder_copy(const char *from, const char *to)
{
    folder_clear(to);
    assert_int_equal(mkdir(to, 0777), 0);
    folder_each(from, copy_file, (void *)(uintptr_t)to);
}
