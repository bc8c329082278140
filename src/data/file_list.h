/* SPDX-License-Identifier: MIT
 * The files of a folder and of the folders in it, in a fixed order. */
#ifndef UHN_DATA_FILE_LIST_H
#define UHN_DATA_FILE_LIST_H

#include "uhn/uhn.h"

enum { UHN_FOLDER_DEPTH = 2 }; /* folders inside the folder: class/images/ */

typedef struct uhn_file_list {
    char **paths; /* each below the folder, in bytewise order; owned */
    size_t count, room;
} uhn_file_list;

/* Lists regular files. Names that start with a dot and names that end in .txt (the lists that data sets carry beside
 * their images) are left out. A symbolic link counts as the file it leads to, which must lie within the folder.
 * UHN_ERROR_ARGUMENT: a folder cannot be read or lies too deep, a link leads elsewhere or to a folder, or there is
 * something that is neither file nor folder. Free the list whatever the outcome. */
uhn_status uhn_file_list_read(const char *folder, uhn_file_list *list);
void uhn_file_list_free(uhn_file_list *list);

#endif
