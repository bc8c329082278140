/* SPDX-License-Identifier: MIT
 * The folder of an experiment while it runs: a manifest that says what is measured, and one file for each finished
 * cell, each written at once. Whoever comes back with the same command goes on from there; results.json and results.csv
 * are made of the cells, which are then removed. */
#ifndef UHN_LAB_RUN_FOLDER_H
#define UHN_LAB_RUN_FOLDER_H

#include "lab/results.h"

/* Makes the folder, or enters one that an earlier run of the same meaning left. `manifest` is that meaning as text.
 * With `force` what an earlier run left is removed first, of the same meaning or not: files that experiments write, no
 * others. UHN_ERROR_ARGUMENT (the folder is not empty and of something else, or of another meaning; the file system) */
uhn_status uhn_run_folder_open(const char *folder, const char *manifest, bool force);

/* Makes the folder, and keeps others that ask likewise out of it until *lock is closed or the process ends: two that
 * write there at once would mix what they measure. Where the file system knows no locks, nobody is kept out.
 * UHN_ERROR_ARGUMENT (somebody is at work in it; the file system), and then *lock is −1. */
uhn_status uhn_run_folder_lock(const char *folder, int *lock);

/* The values of a cell: (curves + 1) × UHN_CRITERION_COUNT, the last row being the baseline. *found is false where
 * there is no such cell; one that is damaged counts as none. */
uhn_status uhn_run_folder_load(const char *folder, size_t run, size_t point, size_t curves,
                               double (*values)[UHN_CRITERION_COUNT], bool *found);
uhn_status uhn_run_folder_save(const char *folder, size_t run, size_t point, size_t curves,
                               const double (*values)[UHN_CRITERION_COUNT]);

/* Removes all cells. */
void uhn_run_folder_clear(const char *folder);

/* Is there a file `name` in it? */
bool uhn_run_folder_has(const char *folder, const char *name);

/* folder/name. UHN_PATH_MAX is enough for what is used here; UHN_ERROR_ARGUMENT when it is not. */
enum { UHN_PATH_MAX = 4096 };
uhn_status uhn_join_path(const char *folder, const char *name, char path[UHN_PATH_MAX]);

/* Makes a folder and those above it. UHN_ERROR_ARGUMENT */
uhn_status uhn_make_folders(const char *folder);

#endif
