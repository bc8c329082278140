/* SPDX-License-Identifier: MIT
 * Making, opening and describing stores, and writing them anew. */
#include "base/allocate.h"
#include "base/status.h"
#include "store/pack.h"
#include "store/stage.h"
#include "store/view.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files that take their place when they are whole */

/* Gives `to` the owner and the permissions of `from`, which may be missing. With O_CREAT in `flags` it is made anew:
 * what others have put there might lead to a file that is not the store's. false: that is not ours to give. */
static bool keep_permissions(const char *from, const char *to, int flags)
{
    struct stat about, made;
    if (lstat(from, &about) != 0)
        return true;
    if (flags & O_CREAT)
        (void)unlink(to);
    const int file = open(to, flags | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    (void)!fchown(file, about.st_uid, about.st_gid);
    const bool kept = fstat(file, &made) == 0 && made.st_uid == about.st_uid && made.st_gid == about.st_gid &&
                      fchmod(file, about.st_mode & 0777) == 0;
    close(file);
    return kept;
}

/* The name of a new folder is on the disk when the folder that holds it is. */
static uhn_status settle_parent(const char *folder)
{
    char *parent = uhn_store_join(folder, "/", "..");
    const uhn_status status =
        parent ? uhn_store_settle(parent) : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: out of memory", folder);
    uhn_release(parent);
    return status;
}

/* Brings the finished temporary file into its place. */
static uhn_status publish_file(const char *folder, const char *temporary, uint64_t generation)
{
    uhn_status status = UHN_OK;
    char *path = uhn_store_data_path(folder, generation, "");
    if (!path)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: out of memory", folder);
    if (rename(temporary, path) != 0)
        status = uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be written: %s", path, strerror(errno));
    if (status == UHN_OK)
        status = uhn_store_settle(folder);
    uhn_release(path);
    return status;
}

/* Whoever could use the store before compaction can use it afterwards, and nobody else. */
static uhn_status keep_users(const char *folder, uint64_t generation)
{
    static const struct {
        const char *from, *to; /* suffixes */
        int flags;
    } files[] = {{"", UHN_STORE_TEMPORARY, 0}, {"-lock", "-lock", O_CREAT | O_EXCL}};
    uhn_status status = UHN_OK;
    for (size_t i = 0; status == UHN_OK && i < sizeof files / sizeof *files; i++) {
        char *from = uhn_store_data_path(folder, generation - 1, files[i].from);
        char *to = uhn_store_data_path(folder, generation, files[i].to);
        if (!from || !to)
            status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: out of memory", folder);
        else if (!keep_permissions(from, to, files[i].flags))
            status = uhn_fail(UHN_ERROR_SYSTEM,
                              "%s: cannot be compacted by this user, whose new file could not have the owner, the "
                              "group and the permissions of the old one",
                              from);
        uhn_release(from);
        uhn_release(to);
    }
    return status;
}

static void remove_file(const char *folder, uint64_t generation, const char *suffix)
{
    char *file = uhn_store_data_path(folder, generation, suffix);
    if (file)
        (void)unlink(file);
    uhn_release(file);
}

/* Writes the description of an empty store, and whatever `fill` adds, into a new file. */
static uhn_status write_anew(const char *folder, uint64_t generation, const uhn_meta *meta,
                             uhn_status (*fill)(uhn_environment *to, void *context), void *context)
{
    uhn_environment *e = NULL;
    MDB_txn *transaction = NULL;
    uhn_status status = UHN_OK;
    char *temporary = uhn_store_data_path(folder, generation, UHN_STORE_TEMPORARY);
    if (!temporary)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: out of memory", folder);
    (void)unlink(temporary);
    UHN_TRY(uhn_environment_make(temporary, &e));
    int code = mdb_txn_begin(e->env, NULL, 0, &transaction);
    code = code ? code : uhn_meta_put(e, transaction, meta);
    if (code) {
        if (transaction)
            mdb_txn_abort(transaction);
        UHN_TRY(uhn_lmdb_fail(temporary, "be written", code));
    }
    code = mdb_txn_commit(transaction);
    if (code)
        UHN_TRY(uhn_lmdb_fail(temporary, "be written", code));
    if (fill) {
        UHN_TRY(keep_users(folder, generation));
        UHN_TRY(fill(e, context));
    }
    UHN_TRY(uhn_environment_settle(e));
    UHN_TRY(publish_file(folder, temporary, generation));
leave:
    uhn_environment_close(e);
    if (status != UHN_OK && unlink(temporary) == 0 && fill)
        remove_file(folder, generation, "-lock"); /* of keep_users() */
    uhn_release(temporary);
    return status;
}

/* ---- making */

static uhn_status check_similarity(const char *text, uhn_meta *meta)
{
    uhn_options options;
    uhn_options_default(&options);
    if (!text)
        return UHN_OK;
    if (strlen(text) >= UHN_STORE_TEXT_MAX)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the similarity has more than %d letters", (int)UHN_STORE_TEXT_MAX - 1);
    memcpy(meta->similarity, text, strlen(text) + 1);
    return uhn_choose_similarity(&options, text);
}

/* Has the folder nothing in it, but what one who was killed while making a store in it may have left? errno: 0, or why
 * that is not known. */
static bool is_free(DIR *entries)
{
    static const char *const left[] = {".", "..", "data-1.mdb" UHN_STORE_TEMPORARY};
    size_t count = 0, known = 0;
    for (const struct dirent *entry; errno = 0, (entry = readdir(entries)); count++)
        for (size_t i = 0; i < sizeof left / sizeof *left; i++)
            known += strcmp(entry->d_name, left[i]) == 0;
    return count == known;
}

/* *folder is the new folder, locked: of two who make a store in it one is refused. */
static uhn_status make_folder(const char *path, DIR **folder, bool *made)
{
    *made = mkdir(path, 0777) == 0;
    if (!*made && errno != EEXIST)
        return uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be made: %s", path, strerror(errno));
    *folder = opendir(path);
    const bool locked = *folder && flock(dirfd(*folder), LOCK_EX | LOCK_NB) == 0;
    const bool empty = locked && is_free(*folder);
    const int error = errno;
    if (empty && error == 0)
        return UHN_OK;
    if (locked ? error == 0 : error == EWOULDBLOCK || error == ENOTDIR)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: is there already; a store is made in a new folder", path);
    if (*made)
        (void)rmdir(path);
    return uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be read: %s", path, strerror(error));
}

/* So that the same call may be made again. The folder had nothing in it. */
static void take_back(const char *path, bool made)
{
    remove_file(path, 1, "");
    if (made)
        (void)rmdir(path);
}

uhn_status uhn_store_create(const char *path, uhn_storage storage, size_t dim, size_t value_dim, const char *similarity)
{
    uhn_meta meta = {.storage = storage, .dim = dim, .value_dim = value_dim};
    DIR *folder = NULL;
    bool made = false;
    uhn_status status = UHN_OK;
    if (!path || !*path)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no path was given");
    if (htole32(1) != 1)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "%s: stores are kept in the order of bytes of other machines", path);
    UHN_TRY(uhn_meta_shape(&meta));
    UHN_TRY(check_similarity(similarity, &meta));
    UHN_TRY(make_folder(path, &folder, &made));
    status = made ? settle_parent(path) : UHN_OK;
    if (status == UHN_OK)
        status = write_anew(path, 1, &meta, NULL, NULL);
    if (status != UHN_OK)
        take_back(path, made);
leave:
    if (folder)
        closedir(folder);
    return status;
}

uhn_status uhn_store_open(const char *path, uhn_store **store)
{
    uhn_status status = UHN_OK;
    if (!path || !store)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no path, or no place for the store");
    *store = NULL;
    char resolved[PATH_MAX]; /* the program may change its folder while the store is open */
    if (!realpath(path, resolved))
        return uhn_store_no_folder(path, errno);
    uhn_store *made = uhn_allocate(1, sizeof *made);
    char *folder = uhn_store_join(resolved, "", "");
    if (!made || !folder) {
        uhn_release(folder);
        uhn_release(made);
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to open it", path);
    }
    *made = (uhn_store){.folder = folder, .lock = -1, .stage_bytes = UHN_STAGE_BYTES};
    status = uhn_environment_open(folder, &made->environment);
    if (status == UHN_OK)
        *store = made;
    else
        uhn_store_close(made);
    return status;
}

void uhn_store_close(uhn_store *store)
{
    if (!store)
        return;
    uhn_environment_close(store->environment);
    uhn_release(store->folder);
    uhn_release(store);
}

/* ---- describing */

/* The list of unused pages is not always among what has been looked at. What is found is noted; who reads is not
 * hindered by a list that is wrong. */
static uhn_status find_all_sound(uhn_environment *e)
{
    mdb_filehandle_t file;
    struct stat about;
    if (e->sound == UHN_SOUND_ALL)
        return UHN_OK;
    const bool due = mdb_env_get_fd(e->env, &file) == 0 && fstat(file, &about) == 0 && uhn_note_is_due(&about);
    const uhn_status status = uhn_environment_check(e, true);
    if (status != UHN_OK)
        return status;
    e->sound = UHN_SOUND_ALL;
    if (due)
        uhn_note_write(e->note, &about, UHN_SOUND_ALL);
    return UHN_OK;
}

static uhn_status count_unused(uhn_environment *e, MDB_txn *transaction, uint64_t *pages)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    *pages = 0;
    const uhn_status status = find_all_sound(e);
    if (status != UHN_OK)
        return status == UHN_ERROR_DAMAGED ? uhn_environment_check(e, false) : status;
    int code = mdb_cursor_open(transaction, 0, &cursor); /* the list */
    if (code)
        return uhn_lmdb_fail(e->path, "be described", code);
    for (code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); code == 0;
         code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        size_t count = 0;
        if (value.mv_size >= sizeof count)
            memcpy(&count, value.mv_data, sizeof count);
        *pages += count;
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? UHN_OK : uhn_lmdb_fail(e->path, "be described", code);
}

uhn_status uhn_store_get_info(uhn_store *store, uhn_store_info *info)
{
    MDB_txn *transaction = NULL;
    MDB_stat labels, blocks;
    mdb_filehandle_t file = -1;
    struct stat about;
    uhn_meta meta;
    uint64_t unused = 0;
    uhn_status status = UHN_OK;
    if (!store || !info)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no store, or no place for what there is to tell");
    UHN_TRY(uhn_store_refresh(store));
    uhn_environment *e = store->environment;
    UHN_TRY(uhn_read_begin(e, &transaction));
    UHN_TRY(uhn_meta_get(e, transaction, &meta));
    int code = mdb_stat(transaction, e->labels, &labels);
    code = code ? code : mdb_stat(transaction, e->directory, &blocks);
    code = code ? code : mdb_env_get_fd(e->env, &file);
    if (code == 0 && fstat(file, &about) != 0)
        code = errno;
    if (code)
        UHN_TRY(uhn_lmdb_fail(e->path, "be described", code));
    UHN_TRY(count_unused(e, transaction, &unused));
    memcpy(store->similarity, meta.similarity, sizeof store->similarity);
    *info = (uhn_store_info){.rows = meta.rows,
                             .dim = meta.dim,
                             .value_dim = meta.value_dim,
                             .storage = meta.storage,
                             .similarity = store->similarity,
                             .labels = labels.ms_entries,
                             .blocks = blocks.ms_entries,
                             .next_id = meta.next_id,
                             .bytes = (uint64_t)about.st_size,
                             .unused_bytes = unused * labels.ms_psize,
                             .major = UHN_STORE_MAJOR,
                             .minor = UHN_STORE_MINOR};
leave:
    if (transaction)
        uhn_read_end(store->environment, transaction);
    return status;
}

/* ---- compaction */

typedef struct copying {
    const uhn_store_view *view;
    size_t limit;
} copying;

/* Fills one block of the new store from the view, beginning at memory `first`. */
static uhn_status copy_block(uhn_stage *stage, const uhn_store_view *view, size_t first, size_t *from)
{
    const size_t total = uhn_memory_count(view->memory), left = total - first;
    const size_t rows = left < stage->meta.capacity ? left : stage->meta.capacity;
    const uhn_layout layout = uhn_layout_of(&stage->meta, rows);
    uhn_range range = uhn_range_empty(stage->meta.storage);
    const uint64_t block = stage->meta.next_block;
    uint8_t *bytes;
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_stage_reserve(stage, block, rows, &bytes));
    memset(bytes + UHN_BLOCK_HEADER, 0, layout.size - UHN_BLOCK_HEADER);
    for (size_t slot = 0, n; slot < rows; slot += n) {
        const uhn_view_block *old = &view->blocks[*from];
        const uhn_layout old_layout = uhn_layout_of(&view->meta, old->entry.rows);
        const size_t at = first + slot - old->first, there = old->entry.rows - at;
        n = rows - slot < there ? rows - slot : there;
        UHN_TRY(uhn_view_check(view, *from));
        uhn_pack_copy(&layout, bytes, slot, &old_layout, old->bytes, at, n);
        *from += n == there;
    }
    UHN_TRY(uhn_pack_examine(&stage->meta, &layout, bytes, 0, rows, &range));
    UHN_TRY(uhn_stage_record(stage, block, rows, &range, bytes));
    for (size_t slot = 0, run; slot < rows; slot += run) {
        const uint64_t id = uhn_block_id(bytes, &layout, slot);
        for (run = 1; slot + run < rows && uhn_block_id(bytes, &layout, slot + run) == id + run; run++)
            ;
        UHN_TRY(uhn_ids_put(stage, id, run, block));
    }
    stage->meta.next_block++;
    stage->meta.rows += rows;
leave:
    return status;
}

static uhn_status copy_labels(uhn_stage *stage, const uhn_store_view *view)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    uhn_status status = UHN_OK;
    int code = mdb_cursor_open(view->transaction, view->environment->labels, &cursor);
    if (code)
        return uhn_lmdb_fail(view->environment->path, "be read", code);
    code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (code == 0 && status == UHN_OK) {
        if (key.mv_size == sizeof(uhn_key))
            status = uhn_stage_put(stage, stage->environment->labels, uhn_number_of(key.mv_data), value.mv_data,
                                   value.mv_size);
        if (status == UHN_OK)
            status = uhn_stage_flush(stage);
        code = key.mv_size == sizeof(uhn_key) ? mdb_cursor_get(cursor, &key, &value, MDB_NEXT) : MDB_CORRUPTED;
    }
    mdb_cursor_close(cursor);
    return status != UHN_OK || code == MDB_NOTFOUND ? status : uhn_lmdb_fail(view->environment->path, "be read", code);
}

static uhn_status copy_all(uhn_environment *to, void *context)
{
    const copying *c = context;
    uhn_stage stage;
    size_t from = 0;
    uhn_status status = uhn_stage_begin(to, c->limit, &stage);
    for (size_t first = 0; status == UHN_OK && first < uhn_memory_count(c->view->memory);) {
        status = copy_block(&stage, c->view, first, &from);
        first = stage.meta.rows;
        if (status == UHN_OK)
            status = uhn_stage_flush(&stage);
    }
    if (status == UHN_OK)
        status = copy_labels(&stage, c->view);
    return uhn_stage_end(&stage, status);
}

uhn_status uhn_store_compact(uhn_store *store)
{
    copying c = {0};
    uhn_store_view *view = NULL;
    uhn_status status = UHN_OK;
    if (!store)
        return uhn_fail(UHN_ERROR_ARGUMENT, "no store was given");
    UHN_TRY(uhn_write_lock(store));
    if (store->environment->generation >= UHN_STORE_GENERATIONS)
        UHN_TRY(uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be compacted: no file can have a higher number",
                         store->environment->path));
    UHN_TRY(uhn_store_view_open(store, &view));
    c = (copying){view, store->stage_bytes};
    uhn_meta meta = view->meta; /* shape, similarity and the next id stay */
    meta.rows = meta.next_block = meta.next_record = 0;
    status = uhn_meta_shape(&meta);
    if (status == UHN_OK)
        status = write_anew(store->folder, store->environment->generation + 1, &meta, copy_all, &c);
    uhn_store_view_close(view);
    view = NULL;
    if (status == UHN_OK)
        status = uhn_store_refresh(store);
    if (status == UHN_OK)
        uhn_store_remove_leftovers(store);
leave:
    uhn_write_unlock(store);
    return status;
}
