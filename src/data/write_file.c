/* SPDX-License-Identifier: MIT */
#include "data/write_file.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/dataset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uhn_status refuse(const char *path, int error)
{
    return uhn_fail(UHN_ERROR_ARGUMENT, "cannot write %s: %s", path, strerror(error));
}

static uhn_status out_of_memory(const char *path)
{
    return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "out of memory while writing %s", path);
}

static void forget(uhn_replacement *file)
{
    uhn_release(file->target);
    uhn_release(file->temporary);
    *file = (uhn_replacement){0};
}

/* Is `file` what our own standard output goes to? It must not be replaced: the shell that opened it would be left with
 * the old file. */
static bool is_own_output(const struct stat *file)
{
    struct stat output;
    return fstat(STDOUT_FILENO, &output) == 0 && output.st_dev == file->st_dev && output.st_ino == file->st_ino;
}

/* The name of the file itself when `path` is a link to it, so that the link survives. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL);
    const char *name = real ? real : path;
    size_t size = strlen(name) + 1;
    char *copy = uhn_allocate(size, 1);
    if (copy)
        memcpy(copy, name, size);
    free(real);
    return copy;
}

static const char temporary_prefix[] = ".uhn-", temporary_suffix[] = ".tmp";

bool uhn_replacement_is_temporary(const char *name)
{
    const size_t length = strlen(name), prefix = strlen(temporary_prefix), suffix = strlen(temporary_suffix);
    return length > prefix + suffix && strncmp(name, temporary_prefix, prefix) == 0 &&
           strcmp(name + length - suffix, temporary_suffix) == 0;
}

/* A new file beside the target. Its name does not contain the target's, which may already be as long as names can
 * be. Returns the descriptor, or −1 with errno. */
static int open_temporary(uhn_replacement *file)
{
    const char *slash = strrchr(file->target, '/');
    size_t folder = slash ? (size_t)(slash - file->target) + 1 : 0;
    size_t room = folder + 64;
    file->temporary = uhn_allocate(room, 1);
    if (!file->temporary) {
        errno = ENOMEM;
        return -1;
    }
    memcpy(file->temporary, file->target, folder);
    for (unsigned attempt = 0; attempt < 10000; attempt++) {
        snprintf(file->temporary + folder, room - folder, "%s%ld-%u%s", temporary_prefix, (long)getpid(), attempt,
                 temporary_suffix);
        int descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 || errno != EEXIST)
            return descriptor;
    }
    return -1;
}

/* Opens what the bytes go to; `old` is the file there now, or NULL. Returns the descriptor, or −1 with errno. */
static int open_target(uhn_replacement *file, const struct stat *old)
{
    if (old && S_ISDIR(old->st_mode)) {
        errno = EISDIR;
        return -1;
    }
    if (old && is_own_output(old))
        return dup(STDOUT_FILENO);
    if (old && !S_ISREG(old->st_mode)) /* devices and pipes cannot be replaced */
        return open(file->path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (old &&
        faccessat(AT_FDCWD, file->path, W_OK, AT_EACCESS) != 0) /* a rename would walk over a write-protected file */
        return -1;
    int descriptor = open_temporary(file);
    if (descriptor >= 0 && old)
        (void)fchmod(descriptor, old->st_mode & 0777); /* a private file stays private */
    return descriptor;
}

uhn_status uhn_replacement_start(uhn_replacement *file, const char *path)
{
    *file = (uhn_replacement){.path = path};
    struct stat old;
    bool exists = stat(path, &old) == 0;
    file->target = resolve(path);
    if (!file->target)
        return out_of_memory(path);

    int descriptor = open_target(file, exists ? &old : NULL);
    if (descriptor >= 0)
        file->stream = fdopen(descriptor, "wb");
    if (file->stream)
        return UHN_OK;

    int error = errno;
    if (descriptor >= 0) {
        close(descriptor);
        if (file->temporary)
            unlink(file->temporary);
    }
    forget(file);
    return error == ENOMEM ? out_of_memory(path) : refuse(path, error);
}

uhn_status uhn_replacement_write(uhn_replacement *file, const void *bytes, size_t size)
{
    return fwrite(bytes, 1, size, file->stream) == size ? UHN_OK : refuse(file->path, errno);
}

/* Sends everything to the disk and says what failed first, as an errno; 0: nothing. Devices and pipes have no disk. */
static int settle(uhn_replacement *file)
{
    int error = fflush(file->stream) != 0 ? errno : 0;
    if (!error && file->temporary && fsync(fileno(file->stream)) != 0)
        error = errno;
    if (fclose(file->stream) != 0 && !error)
        error = errno;
    return error;
}

uhn_status uhn_replacement_finish(uhn_replacement *file, uhn_status status)
{
    int error = settle(file);
    if (status == UHN_OK && !error && file->temporary && rename(file->temporary, file->target) != 0)
        error = errno;
    if (status == UHN_OK && error)
        status = refuse(file->path, error);
    if (status != UHN_OK && file->temporary)
        unlink(file->temporary);
    forget(file);
    return status;
}

uhn_status uhn_write_bytes(const char *path, const void *bytes, size_t size)
{
    uhn_replacement file;
    uhn_status status = uhn_replacement_start(&file, path);
    if (status != UHN_OK)
        return status;
    return uhn_replacement_finish(&file, uhn_replacement_write(&file, bytes, size));
}
