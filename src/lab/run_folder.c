/* SPDX-License-Identifier: MIT */
#include "lab/run_folder.h"
#include "base/allocate.h"
#include "base/status.h"
#include "data/dataset.h"
#include "data/write_file.h"
#include "lab/json_number.h"
#include "lab/results_json.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char manifest_name[] = "manifest.json", cells_name[] = "cells";

uhn_status uhn_join_path(const char *folder, const char *name, char path[UHN_PATH_MAX])
{
    const int length = snprintf(path, UHN_PATH_MAX, "%s/%s", folder, name);
    return length > 0 && length < UHN_PATH_MAX
               ? UHN_OK
               : uhn_fail(UHN_ERROR_ARGUMENT, "%s: a path may have at most %d bytes", folder, UHN_PATH_MAX - 1);
}

uhn_status uhn_make_folders(const char *folder)
{
    char path[UHN_PATH_MAX];
    const size_t length = strlen(folder);
    if (length + 1 > sizeof path)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: a path may have at most %d bytes", folder, UHN_PATH_MAX - 1);
    for (size_t i = 1; i <= length; i++) {
        if (folder[i] != '/' && folder[i] != '\0')
            continue;
        memcpy(path, folder, i);
        path[i] = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be made: %s", path, strerror(errno));
    }
    struct stat info;
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: is not a folder", folder);
    return UHN_OK;
}

/* False: somebody else has it. One that was just killed keeps it until the system has taken it apart. */
static bool take_lock(int folder)
{
    static const struct timespec pause = {.tv_nsec = 20000000};
    enum { TRIES = 100 };
    for (int i = 0; flock(folder, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK)
            return true; /* a file system without locks */
        if (i == TRIES)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

uhn_status uhn_run_folder_lock(const char *folder, int *lock)
{
    *lock = -1;
    const uhn_status status = uhn_make_folders(folder);
    if (status != UHN_OK)
        return status;
    const int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be opened: %s", folder, strerror(errno));
    if (!take_lock(opened)) {
        close(opened);
        return uhn_fail(UHN_ERROR_ARGUMENT,
                        "%s: another experiment is being measured in it; wait for it, or choose another folder",
                        folder);
    }
    *lock = opened;
    return UHN_OK;
}

bool uhn_run_folder_has(const char *folder, const char *name)
{
    char path[UHN_PATH_MAX];
    struct stat info;
    return uhn_join_path(folder, name, path) == UHN_OK && stat(path, &info) == 0;
}

/* Calls `visit` with the path of everything in the folder until it returns false; true if it never did. */
static bool for_each_entry(const char *folder, bool (*visit)(const char *path))
{
    DIR *listing = opendir(folder);
    bool go_on = true;
    for (struct dirent *entry; listing && go_on && (entry = readdir(listing));) {
        char path[UHN_PATH_MAX];
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            uhn_join_path(folder, entry->d_name, path) == UHN_OK)
            go_on = visit(path);
    }
    if (listing)
        closedir(listing);
    return go_on;
}

/* What a killed program was writing is nothing. */
static bool is_nothing(const char *path)
{
    const char *slash = strrchr(path, '/');
    return uhn_replacement_is_temporary(slash ? slash + 1 : path);
}

static bool remove_entry(const char *path)
{
    unlink(path);
    return true;
}

void uhn_run_folder_clear(const char *folder)
{
    char path[UHN_PATH_MAX];
    if (uhn_join_path(folder, cells_name, path) != UHN_OK)
        return;
    for_each_entry(path, remove_entry);
    rmdir(path);
}

/* What an experiment wrote before, so that nothing of it is taken for the new one. */
static void remove_earlier(const char *folder)
{
    static const char *const names[] = {manifest_name, "results.json", "results.csv", "report.md"};
    uhn_run_folder_clear(folder);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[UHN_PATH_MAX];
        if (uhn_join_path(folder, names[i], path) == UHN_OK)
            unlink(path);
    }
}

/* UHN_OK when the folder has this manifest; *empty when there is nothing in it at all. */
static uhn_status compare_manifest(const char *folder, const char *manifest, bool *empty)
{
    char path[UHN_PATH_MAX];
    *empty = for_each_entry(folder, is_nothing);
    if (*empty)
        return UHN_OK;
    if (!uhn_run_folder_has(folder, manifest_name))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: holds files, but not of an experiment; --force writes there anyway",
                        folder);
    uhn_status status = uhn_join_path(folder, manifest_name, path);
    char *text = NULL;
    if (status == UHN_OK)
        status = uhn_read_text(path, &text);
    if (status == UHN_OK && strcmp(text, manifest) != 0)
        status =
            uhn_fail(UHN_ERROR_ARGUMENT,
                     "%s: holds an experiment with other options or data; choose another folder, or --force", folder);
    uhn_release(text);
    return status;
}

uhn_status uhn_run_folder_open(const char *folder, const char *manifest, bool force)
{
    char path[UHN_PATH_MAX];
    bool empty;
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_make_folders(folder));
    status = compare_manifest(folder, manifest, &empty);
    if (force && (status == UHN_OK || status == UHN_ERROR_ARGUMENT)) {
        remove_earlier(folder);
        empty = true;
        status = UHN_OK;
    }
    UHN_TRY(status);
    if (empty) {
        UHN_TRY(uhn_join_path(folder, manifest_name, path));
        UHN_TRY(uhn_write_bytes(path, manifest, strlen(manifest)));
    }
leave:
    return status;
}

/* ---- cells */

static uhn_status cell_path(const char *folder, size_t run, size_t point, char path[UHN_PATH_MAX])
{
    char name[64];
    snprintf(name, sizeof name, "%s/run-%zu-point-%zu.json", cells_name, run, point);
    return uhn_join_path(folder, name, path);
}

static bool read_row(const cJSON *row, double values[UHN_CRITERION_COUNT])
{
    if (cJSON_GetArraySize(row) != UHN_CRITERION_COUNT)
        return false;
    for (int c = 0; c < UHN_CRITERION_COUNT; c++) {
        const cJSON *item = cJSON_GetArrayItem(row, c);
        values[c] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    }
    return true;
}

uhn_status uhn_run_folder_load(const char *folder, size_t run, size_t point, size_t curves,
                               double (*values)[UHN_CRITERION_COUNT], bool *found)
{
    char path[UHN_PATH_MAX], *text = NULL;
    *found = false;
    uhn_status status = cell_path(folder, run, point, path);
    if (status != UHN_OK || access(path, F_OK) != 0)
        return status;
    status = uhn_read_text(path, &text);
    cJSON *rows = status == UHN_OK ? cJSON_Parse(text) : NULL;
    bool whole = cJSON_IsArray(rows) && (size_t)cJSON_GetArraySize(rows) == curves + 1;
    for (size_t i = 0; whole && i <= curves; i++)
        whole = read_row(cJSON_GetArrayItem(rows, (int)i), values[i]);
    *found = whole;
    cJSON_Delete(rows);
    uhn_release(text);
    return status;
}

uhn_status uhn_run_folder_save(const char *folder, size_t run, size_t point, size_t curves,
                               const double (*values)[UHN_CRITERION_COUNT])
{
    char path[UHN_PATH_MAX];
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_join_path(folder, cells_name, path));
    UHN_TRY(uhn_make_folders(path));
    UHN_TRY(cell_path(folder, run, point, path));
    uhn_json_start();
    cJSON *rows = cJSON_CreateArray();
    for (size_t i = 0; i <= curves; i++) {
        cJSON *row = cJSON_CreateArray();
        for (size_t c = 0; c < UHN_CRITERION_COUNT; c++)
            cJSON_AddItemToArray(row, uhn_json_number(values[i][c]));
        cJSON_AddItemToArray(rows, row);
    }
    char *text = uhn_json_text(rows, false);
    if (!text)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to write %s", path);
    status = uhn_write_bytes(path, text, strlen(text));
    uhn_release(text);
leave:
    return status;
}
