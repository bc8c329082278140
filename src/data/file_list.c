/* SPDX-License-Identifier: MIT */
#include "data/file_list.h"

#include "base/allocate.h"
#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* A walk through a folder; `root` is its path without links. */
typedef struct walk {
    char root[PATH_MAX];
    uhn_file_list *list;
} walk;

static uhn_status visit_folder(walk *w, const char *path, int depth);

uhn_status uhn_path_below(const char *folder, const char *name, char **path)
{
    size_t length = strlen(folder), size = length + strlen(name) + 2;
    *path = uhn_allocate(size, 1);
    if (!*path)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to list it", folder);
    snprintf(*path, size, "%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", name);
    return UHN_OK;
}

uhn_status uhn_file_list_append(uhn_file_list *list, char *path, uint8_t *bytes, size_t size)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 256;
        uhn_listed_file *files = uhn_allocate(room, sizeof *files);
        if (!files)
            return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to list it", path);
        if (list->count > 0)
            memcpy(files, list->files, list->count * sizeof *files);
        uhn_release(list->files);
        list->files = files;
        list->room = room;
    }
    list->files[list->count] = (uhn_listed_file){path, bytes, size, list->count};
    list->count++;
    return UHN_OK;
}

/* A link must lead to a regular file below the root. */
static uhn_status check_link(const walk *w, const char *path)
{
    char target[PATH_MAX];
    struct stat about;
    size_t length = strlen(w->root);
    if (!realpath(path, target) || stat(target, &about) != 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the symbolic link leads nowhere: %s", path, strerror(errno));
    bool below = strncmp(target, w->root, length) == 0 && (target[length] == '/' || w->root[length - 1] == '/');
    if (!below)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the symbolic link leaves the folder", path);
    if (!S_ISREG(about.st_mode))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the symbolic link does not lead to a regular file", path);
    return UHN_OK;
}

bool uhn_is_left_out(const char *name, size_t length)
{
    return name[0] == '.' || (length >= 4 && strncasecmp(name + length - 4, ".txt", 4) == 0);
}

static uhn_status visit(walk *w, const char *folder, const char *name, int depth)
{
    char *path = NULL;
    struct stat about;
    uhn_status status = uhn_path_below(folder, name, &path);
    if (status != UHN_OK)
        return status;
    if (lstat(path, &about) != 0) {
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be read: %s", path, strerror(errno));
    } else if (S_ISDIR(about.st_mode)) {
        status = visit_folder(w, path, depth + 1);
        uhn_release(path);
        return status;
    } else if (S_ISLNK(about.st_mode)) {
        status = check_link(w, path);
    } else if (!S_ISREG(about.st_mode)) {
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: neither a regular file nor a folder", path);
    }
    if (status == UHN_OK)
        status = uhn_file_list_append(w->list, path, NULL, 0);
    if (status != UHN_OK)
        uhn_release(path);
    return status;
}

static uhn_status visit_folder(walk *w, const char *path, int depth)
{
    uhn_status status = UHN_OK;
    if (depth > UHN_LIST_DEPTH)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: lies too deep; %d folders within each other are looked into", path,
                        UHN_LIST_DEPTH);
    DIR *folder = opendir(path);
    if (!folder)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the folder cannot be opened: %s", path, strerror(errno));
    errno = 0;
    for (const struct dirent *entry; status == UHN_OK && (entry = readdir(folder)); errno = 0)
        if (!uhn_is_left_out(entry->d_name, strlen(entry->d_name)))
            status = visit(w, path, entry->d_name, depth);
    if (status == UHN_OK && errno != 0)
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: the folder cannot be read: %s", path, strerror(errno));
    closedir(folder);
    return status;
}

static int compare_files(const void *a, const void *b)
{
    const uhn_listed_file *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void free_file(uhn_listed_file *file)
{
    uhn_release(file->path);
    uhn_release(file->bytes);
}

void uhn_file_list_sort(uhn_file_list *list)
{
    size_t kept = 0;
    if (list->count > 0)
        qsort(list->files, list->count, sizeof *list->files, compare_files);
    for (size_t i = 0; i < list->count; i++)
        if (i + 1 < list->count && strcmp(list->files[i].path, list->files[i + 1].path) == 0)
            free_file(&list->files[i]);
        else
            list->files[kept++] = list->files[i];
    list->count = kept;
}

uhn_status uhn_file_list_read(const char *folder, uhn_file_list *list)
{
    *list = (uhn_file_list){0};
    walk w = {.list = list};
    if (!realpath(folder, w.root))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the folder cannot be opened: %s", folder, strerror(errno));
    uhn_status status = visit_folder(&w, folder, 0);
    if (status == UHN_OK)
        uhn_file_list_sort(list);
    return status;
}

void uhn_file_list_free(uhn_file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free_file(&list->files[i]);
    uhn_release(list->files);
    *list = (uhn_file_list){0};
}
