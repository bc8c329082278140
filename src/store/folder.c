/* SPDX-License-Identifier: MIT
 * The folder of a store: names, and the lock of the writers. */
#include "base/allocate.h"
#include "base/status.h"
#include "store/environment.h"
#include "store/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

char *uhn_store_join(const char *first, const char *second, const char *third)
{
    const size_t size = strlen(first) + strlen(second) + strlen(third) + 1;
    char *joined = uhn_allocate(size, 1);
    if (joined)
        snprintf(joined, size, "%s%s%s", first, second, third);
    return joined;
}

char *uhn_store_data_path(const char *folder, uint64_t number, const char *suffix)
{
    char name[64];
    snprintf(name, sizeof name, "/data-%" PRIu64 ".mdb", number);
    return uhn_store_join(folder, name, suffix);
}

uhn_status uhn_store_no_folder(const char *path, int error)
{
    return uhn_fail(error == ENOENT || error == ENOTDIR ? UHN_ERROR_ARGUMENT : UHN_ERROR_SYSTEM,
                    "%s: cannot be opened as a store: %s", path, strerror(error));
}

/* N of "data-N.mdb" followed by `rest`; 0: another name, as that of a number which no store comes to. */
static uint64_t number_in(const char *name, const char *rest)
{
    static const char start[] = "data-";
    char again[64];
    if (strncmp(name, start, sizeof start - 1) != 0)
        return 0;
    const uint64_t number = strtoull(name + sizeof start - 1, NULL, 10);
    snprintf(again, sizeof again, "data-%" PRIu64 ".mdb%s", number, rest);
    return number <= UHN_STORE_GENERATIONS && strcmp(name, again) == 0 ? number : 0;
}

uhn_status uhn_store_generation(const char *folder, uint64_t *generation)
{
    DIR *entries = opendir(folder);
    *generation = 0;
    if (!entries)
        return uhn_store_no_folder(folder, errno);
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(entries))) {
        const uint64_t number = number_in(entry->d_name, "");
        *generation = number > *generation ? number : *generation;
    }
    const int error = errno; /* what came after might have been the present file */
    closedir(entries);
    return error == 0 ? UHN_OK : uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be read: %s", folder, strerror(error));
}

bool uhn_store_is_here(const char *path)
{
    uint64_t generation;
    return uhn_store_generation(path, &generation) == UHN_OK && generation > 0;
}

uhn_status uhn_store_settle(const char *folder)
{
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int failed = descriptor < 0 || fsync(descriptor) != 0 ? errno : 0;
    if (descriptor >= 0)
        close(descriptor);
    return failed ? uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be written: %s", folder, strerror(failed)) : UHN_OK;
}

/* Files of earlier generations, and of a compaction that did not end. */
void uhn_store_remove_leftovers(const uhn_store *store)
{
    static const char *const kinds[] = {"", "-lock", UHN_NOTE_SUFFIX, UHN_STORE_TEMPORARY};
    DIR *entries = opendir(store->folder);
    for (const struct dirent *entry; entries && (entry = readdir(entries));)
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            const uint64_t number = number_in(entry->d_name, kinds[i]);
            const uint64_t present = store->environment->generation;
            if (number && (number < present || (number > present && i > 0) || i == 3))
                (void)unlinkat(dirfd(entries), entry->d_name, 0);
        }
    if (entries)
        closedir(entries);
}

uhn_status uhn_store_refresh(uhn_store *store)
{
    uint64_t generation;
    uhn_environment *environment = NULL;
    uhn_status status = uhn_store_generation(store->folder, &generation);
    if (status != UHN_OK || generation == store->environment->generation)
        return status;
    status = uhn_environment_open(store->folder, &environment);
    if (status == UHN_OK) {
        uhn_environment_close(store->environment);
        store->environment = environment;
    }
    return status;
}

static bool stat_data(const uhn_environment *e, struct stat *about)
{
    mdb_filehandle_t file;
    return mdb_env_get_fd(e->env, &file) == 0 && fstat(file, about) == 0;
}

/* A writer takes pages from the list of those that nobody uses: that has to be true, also where another program has
 * changed the file since it was opened. */
static uhn_status check_unused(uhn_environment *e)
{
    struct stat about;
    if (e->sound == UHN_SOUND_ALL && stat_data(e, &about) &&
        (uhn_note_same(&e->left, &about) || uhn_note_read(e->note, &about) == UHN_SOUND_ALL))
        return UHN_OK;
    const uhn_status status = uhn_environment_check(e, true);
    if (status == UHN_OK)
        e->sound = UHN_SOUND_ALL;
    return status;
}

uhn_status uhn_write_lock(uhn_store *store)
{
    uhn_status status = UHN_OK;
    char *path = uhn_store_join(store->folder, "/", "lock");
    if (!path)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to lock it", store->folder);
    store->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    int locked = -1;
    while (store->lock >= 0 && (locked = flock(store->lock, LOCK_EX)) != 0 && errno == EINTR)
        ;
    if (locked != 0)
        UHN_TRY(uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be locked for writing: %s", path, strerror(errno)));
    UHN_TRY(uhn_store_refresh(store));
    UHN_TRY(uhn_environment_revive(store->environment));
    if (store->environment->read_only)
        UHN_TRY(uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be written, only read", store->folder));
    /* Who brought the file here may have been killed before its name was safe. */
    if (store->environment->sound != UHN_SOUND_ALL)
        UHN_TRY(uhn_store_settle(store->folder));
    UHN_TRY(check_unused(store->environment));
    uhn_store_remove_leftovers(store);
    (void)mdb_reader_check(store->environment->env, NULL); /* readers that died would keep pages for ever */
    UHN_TRY(uhn_stage_clear(store->environment));
leave:
    uhn_release(path);
    if (status != UHN_OK)
        uhn_write_unlock(store);
    return status;
}

void uhn_write_done(const uhn_store *store)
{
    uhn_environment *e = store->environment;
    if (stat_data(e, &e->left))
        uhn_note_write(e->note, &e->left, e->sound);
}

void uhn_write_unlock(uhn_store *store)
{
    if (store->lock < 0)
        return;
    uhn_environment_note_failure(store->environment);
    close(store->lock); /* which gives the lock back */
    store->lock = -1;
}
