/* SPDX-License-Identifier: MIT
 * The files of a folder. Other than in folder.h the folder is any, and may be missing. */
#ifndef UHN_TESTS_SUPPORT_ENTRIES_H
#define UHN_TESTS_SUPPORT_ENTRIES_H

/* Calls `visit` for each of them. */
void folder_each(const char *folder, void (*visit)(const char *path, const char *name, void *context), void *context);

/* Removes the folder with its files. */
void folder_clear(const char *folder);

/* Makes `to` a copy of the store `from`, but for its locks. */
void folder_copy(const char *from, const char *to);

#endif
