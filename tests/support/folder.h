/* SPDX-License-Identifier: MIT
 * A folder of a test's own, and what is in it. Use it from one group of tests: the folder is made by the group's
 * setup, emptied after each test and removed by the group's teardown. */
#ifndef UHN_TESTS_SUPPORT_FOLDER_H
#define UHN_TESTS_SUPPORT_FOLDER_H

#include <stddef.h>
#include <stdint.h>

/* cmocka fixtures. */
int folder_make(void **state);
int folder_empty(void **state);
int folder_remove(void **state);

/* The path of the folder, and of a file in it; the latter is valid until the next but one call. */
const char *folder_path(void);
const char *in_folder(const char *name);

/* How many files there are, hidden ones too. */
size_t files_in_folder(void);

/* The first MiB of a file; the caller's to free(). */
uint8_t *slurp(const char *path, size_t *size);

/* Fails the test unless the file holds just this text. */
void assert_contents(const char *path, const char *expected);

#endif
