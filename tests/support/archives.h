/* SPDX-License-Identifier: MIT
 * Archives for tests, written by libarchive. Every function ends the test when it cannot do what it says. */
#ifndef UHN_TESTS_SUPPORT_ARCHIVES_H
#define UHN_TESTS_SUPPORT_ARCHIVES_H

#include "scratch.h"

/* A file of an archive; one of these is set, or neither: a folder. */
typedef struct archive_member {
    const char *name;
    const void *bytes; /* what it holds */
    size_t size;
    const char *symbolic, *hard; /* where it leads */
    bool is_pipe;
} archive_member;

/* libarchive's names: format "ustar", "pax", "zip", …; filter "gzip", …, or NULL; options or NULL. */
const char *archive_write(const scratch *folder, const char *name, const char *format, const char *filter,
                          const char *options, const archive_member *members, size_t count);

/* A member of what a file holds; the bytes are the caller's to free(). */
archive_member archive_member_of(const char *name, const char *path);

#endif
