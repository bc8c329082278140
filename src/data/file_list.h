/* SPDX-License-Identifier: MIT
 * The files below a folder or in an archive, in a fixed order. */
#ifndef UHN_DATA_FILE_LIST_H
#define UHN_DATA_FILE_LIST_H

#include "data/dataset.h"

enum { UHN_LIST_DEPTH = 8 }; /* folders inside the folder that are looked into */

typedef struct uhn_listed_file {
    char *path;     /* begins with that of the folder or archive; owned */
    uint8_t *bytes; /* of a member of an archive, else NULL; owned */
    size_t size, order;
} uhn_listed_file;

typedef struct uhn_file_list {
    uhn_listed_file *files; /* in bytewise order of their paths; owned */
    size_t count, room;
} uhn_file_list;

/* Lists the regular files below a folder. Names that start with a dot and names that end in .txt (the lists that data
 * sets carry beside their images) are left out. A symbolic link counts as the file it leads to, which must lie within
 * the folder. UHN_ERROR_ARGUMENT: a folder cannot be read or lies too deep, a link leads elsewhere or to a folder, or
 * there is something that is neither file nor folder. Free the list whatever the outcome. */
uhn_status uhn_file_list_read(const char *folder, uhn_file_list *list);
void uhn_file_list_free(uhn_file_list *list);

/* For those who fill a list by themselves: is a file or folder of this name left out? Put a file at the end, which
 * takes over `path` and `bytes` when it succeeds. Sort: of equal paths the last one stays. */
bool uhn_is_left_out(const char *name, size_t length);
uhn_status uhn_file_list_append(uhn_file_list *list, char *path, uint8_t *bytes, size_t size);
void uhn_file_list_sort(uhn_file_list *list);

/* folder/name, the caller's to release. UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_path_below(const char *folder, const char *name, char **path);

#endif
