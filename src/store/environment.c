/* SPDX-License-Identifier: MIT */
#include "store/environment.h"

#include "base/allocate.h"
#include "base/status.h"
#include "store/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READERS = 1000, TREES = 4 + 1, ATTEMPTS = 100 };

/* Address space for the file to grow in; it costs nothing. */
static const size_t roomy = (size_t)1 << 40, least_room = (size_t)1 << 20;

static const char *const tree_names[] = {"blocks", "directory", "ids", "labels"};

uhn_status uhn_lmdb_fail(const char *path, const char *doing, int code)
{
    if (code == ENOMEM)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: cannot %s: out of memory", path, doing);
    if (code == MDB_READERS_FULL)
        return uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot %s: %d readers at a time are all it takes", path, doing, READERS);
    if (code == EAGAIN) /* for its place in the table of readers */
        return uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot %s: a process of the same number, in another container, reads it",
                        path, doing);
    if (code == EIO) /* what LMDB says when only a part of the bytes was taken */
        return uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot %s: not all bytes were taken; the disk may be full, or fail",
                        path, doing);
    const bool damaged = code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID ||
                         code == MDB_NOTFOUND || code == MDB_VERSION_MISMATCH || code == MDB_INCOMPATIBLE ||
                         code == MDB_CURSOR_FULL;
    return uhn_fail(damaged ? UHN_ERROR_DAMAGED : UHN_ERROR_SYSTEM, "%s: cannot %s: %s", path, doing,
                    damaged ? "the store is damaged" : mdb_strerror(code));
}

/* ---- trees */

static MDB_dbi *tree_of(uhn_environment *e, size_t index)
{
    MDB_dbi *const trees[] = {&e->blocks, &e->directory, &e->ids, &e->labels};
    return trees[index];
}

/* Opens the trees, or makes them. */
static uhn_status open_trees(uhn_environment *e, MDB_txn *transaction, unsigned flags)
{
    int code = mdb_dbi_open(transaction, NULL, 0, &e->names);
    for (size_t i = 0; code == 0 && i < sizeof tree_names / sizeof *tree_names; i++)
        code = mdb_dbi_open(transaction, tree_names[i], flags, tree_of(e, i));
    return code == 0 ? UHN_OK : uhn_lmdb_fail(e->path, "find its parts", code);
}

uhn_status uhn_meta_get(const uhn_environment *e, MDB_txn *transaction, uhn_meta *meta)
{
    MDB_val key = uhn_value_of("meta", 4), value;
    const int code = mdb_get(transaction, e->names, &key, &value);
    return code == 0 ? uhn_meta_read(e->path, value.mv_data, value.mv_size, meta)
                     : uhn_lmdb_fail(e->path, "find its description", code);
}

int uhn_meta_put(const uhn_environment *e, MDB_txn *transaction, const uhn_meta *meta)
{
    uint8_t bytes[UHN_META_BYTES];
    uhn_meta_write(meta, bytes);
    MDB_val key = uhn_value_of("meta", 4), value = uhn_value_of(bytes, sizeof bytes);
    return mdb_put(transaction, e->names, &key, &value, 0);
}

/* ---- making and freeing */

void uhn_environment_free(uhn_environment *e)
{
    if (!e)
        return;
    if (e->env)
        mdb_env_close(e->env);
    pthread_mutex_destroy(&e->guard);
    uhn_release(e->path);
    uhn_release(e->note);
    uhn_release(e);
}

static uhn_status allocate_environment(const char *path, uhn_environment **made)
{
    uhn_environment *e = uhn_allocate(1, sizeof *e);
    *made = e;
    if (!e)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to open it", path);
    pthread_mutex_init(&e->guard, NULL);
    e->users = 1;
    e->path = uhn_store_join(path, "", "");
    e->note = uhn_store_join(path, "", UHN_NOTE_SUFFIX);
    return e->path && e->note ? UHN_OK : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to open it", path);
}

static bool gives_room(const char *path, size_t room)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    void *map = file < 0 ? NULL : mmap(NULL, room, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    if (map == MAP_FAILED)
        return false;
    if (map)
        munmap(map, room);
    return true;
}

/* Opens the environment with as much room as the system gives. Where LMDB is the first to try, and fails, whoever opens
 * the same file at that moment goes on with a lock file in which the last transaction is not entered; so it is tried
 * before. */
static int open_with_room(uhn_environment *e, size_t bytes, unsigned flags)
{
    int code = ENOMEM;
    for (size_t room = roomy; (code == ENOMEM || code == EINVAL) && room >= least_room && room > bytes + bytes / 8;
         room /= 4) {
        if (!gives_room(e->path, room))
            continue;
        code = mdb_env_create(&e->env);
        if (code)
            return code;
        e->map_size = room;
        mdb_env_set_maxdbs(e->env, TREES);
        mdb_env_set_maxreaders(e->env, READERS);
        mdb_env_set_mapsize(e->env, room);
        code = mdb_env_open(e->env, e->path, flags | MDB_NOSUBDIR | MDB_NOTLS, 0666);
        if (code) {
            mdb_env_close(e->env);
            e->env = NULL;
        }
    }
    return code;
}

uhn_status uhn_environment_make(const char *path, uhn_environment **environment)
{
    uhn_environment *e = NULL;
    MDB_txn *transaction = NULL;
    uhn_status status = UHN_OK;
    UHN_TRY(allocate_environment(path, &e));
    int code = open_with_room(e, 0, MDB_NOLOCK | MDB_NOSYNC);
    if (code == 0)
        code = mdb_txn_begin(e->env, NULL, 0, &transaction);
    if (code)
        UHN_TRY(uhn_lmdb_fail(path, "be made", code));
    UHN_TRY(open_trees(e, transaction, MDB_CREATE));
    code = mdb_txn_commit(transaction);
    transaction = NULL;
    if (code)
        UHN_TRY(uhn_lmdb_fail(path, "be made", code));
    *environment = e;
    return UHN_OK;
leave:
    if (transaction)
        mdb_txn_abort(transaction);
    uhn_environment_free(e);
    return status;
}

uhn_status uhn_environment_settle(uhn_environment *e)
{
    const int code = mdb_env_sync(e->env, 1);
    return code == 0 ? UHN_OK : uhn_lmdb_fail(e->path, "be written", code);
}

uhn_status uhn_environment_check(uhn_environment *e, bool unused)
{
    uhn_status status = UHN_OK;
    mdb_filehandle_t file = -1;
    bool gone = true;
    for (int attempt = 0; gone && attempt < ATTEMPTS; attempt++) {
        MDB_txn *transaction;
        status = uhn_read_begin(e, &transaction);
        if (status != UHN_OK)
            return status;
        (void)mdb_env_get_fd(e->env, &file);
        status = uhn_pages_check(e->path, file, mdb_txn_id(transaction), unused, &gone);
        uhn_read_end(e, transaction);
    }
    return status;
}

/* `about`: of the file, before anything of it was looked at. */
static uhn_status find_sound(uhn_environment *e, const struct stat *about)
{
    const bool due = uhn_note_is_due(about); /* before looking: what changes meanwhile has to show */
    e->sound = uhn_note_read(e->note, about);
    if (e->sound != UHN_SOUND_UNKNOWN)
        return UHN_OK;
    const uhn_status status = uhn_environment_check(e, false);
    if (status != UHN_OK)
        return status;
    e->sound = UHN_SOUND_TREES;
    if (due)
        uhn_note_write(e->note, about, e->sound);
    return UHN_OK;
}

static uhn_status find_trees(uhn_environment *e)
{
    uhn_status status = UHN_OK;
    uhn_meta meta;
    MDB_txn *transaction = NULL;
    int code = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &transaction);
    if (code)
        UHN_TRY(uhn_lmdb_fail(e->path, "be read", code));
    UHN_TRY(open_trees(e, transaction, 0));
    UHN_TRY(uhn_meta_get(e, transaction, &meta));
    code = mdb_txn_commit(transaction); /* which is what keeps the trees open */
    transaction = NULL;
    if (code)
        status = uhn_lmdb_fail(e->path, "be read", code);
leave:
    if (transaction)
        mdb_txn_abort(transaction);
    return status;
}

/* LMDB makes its table of readers in whatever is there: a link would lead it to a file that is not the store's. */
static uhn_status check_readers_file(const char *path)
{
    struct stat about;
    char *name = uhn_store_join(path, "", "-lock");
    if (!name)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to open it", path);
    const bool other = lstat(name, &about) == 0 && !S_ISREG(about.st_mode);
    const uhn_status status = other ? uhn_fail(UHN_ERROR_SYSTEM, "%s: not a regular file", name) : UHN_OK;
    uhn_release(name);
    return status;
}

uhn_status uhn_environment_open_file(const char *path, uhn_environment **environment)
{
    uhn_environment *e = NULL;
    struct stat about;
    uhn_status status = UHN_OK;
    const int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK); /* a link has other locks beside it */
    if (file < 0 || fstat(file, &about) != 0)
        UHN_TRY(uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be opened: %s", path,
                         errno == ELOOP ? "it is a symbolic link" : strerror(errno)));
    if (!S_ISREG(about.st_mode))
        UHN_TRY(uhn_fail(UHN_ERROR_SYSTEM, "%s: not a regular file", path));
    UHN_TRY(check_readers_file(path));
    UHN_TRY(uhn_pages_check_start(path, file));
    UHN_TRY(allocate_environment(path, &e));
    e->device = about.st_dev;
    e->inode = about.st_ino;
    e->left = about;
    e->read_only = access(path, W_OK) != 0;
    int code = open_with_room(e, (size_t)about.st_size, e->read_only ? MDB_RDONLY : 0);
    if (code == EACCES || code == EROFS) {
        e->read_only = true;
        code = open_with_room(e, (size_t)about.st_size, MDB_RDONLY);
    }
    if (code == EACCES) /* the file itself is open, so it is the table of readers */
        UHN_TRY(uhn_fail(UHN_ERROR_SYSTEM,
                         "%s-lock: no permission to make or write this file, in which those who read enter themselves",
                         path));
    if (code)
        UHN_TRY(uhn_lmdb_fail(path, "be opened", code));
    UHN_TRY(find_sound(e, &about));
    UHN_TRY(find_trees(e));
    *environment = e;
    e = NULL;
leave:
    uhn_environment_free(e);
    if (file >= 0)
        close(file);
    return status;
}

static uhn_status check_pages(const uhn_environment *e, int file)
{
    uhn_status status = UHN_OK;
    bool gone = true;
    for (int attempt = 0; gone && attempt < ATTEMPTS; attempt++) {
        MDB_txn *transaction;
        const int code = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &transaction);
        if (code)
            return uhn_lmdb_fail(e->path, "be read", code);
        status = uhn_pages_check(e->path, file, mdb_txn_id(transaction), false, &gone);
        mdb_txn_abort(transaction);
    }
    return status;
}

uhn_status uhn_environment_open_anew(uhn_environment *e)
{
    struct stat about;
    mdb_filehandle_t file = -1;
    uhn_status status = UHN_OK;
    if (e->env)
        mdb_env_close(e->env);
    e->env = NULL;
    if (stat(e->path, &about) != 0 || about.st_dev != e->device || about.st_ino != e->inode)
        return uhn_fail(UHN_ERROR_SYSTEM, "%s: is no longer there", e->path);
    const int code = open_with_room(e, (size_t)about.st_size, 0);
    if (code)
        return uhn_lmdb_fail(e->path, "be opened again", code);
    (void)mdb_env_get_fd(e->env, &file);
    e->sound = UHN_SOUND_UNKNOWN; /* who knows what the disk has made of it */
    UHN_TRY(check_pages(e, file));
    UHN_TRY(find_trees(e));
    e->sound = UHN_SOUND_TREES;
    e->dead = false;
leave:
    if (status != UHN_OK && e->env) {
        mdb_env_close(e->env);
        e->env = NULL;
    }
    return status;
}
