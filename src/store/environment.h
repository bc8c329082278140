/* SPDX-License-Identifier: MIT
 * The folder of a store, and LMDB's environment on the file in it.
 *
 * The file is data-N.mdb, N counting up: compaction writes the next one and renames it into place, so that the highest
 * number is the store. Writers hold the file `lock`; readers need no more than LMDB's own table of readers. */
#ifndef UHN_STORE_ENVIRONMENT_H
#define UHN_STORE_ENVIRONMENT_H

#include "store/format.h"
#include "store/note.h"

#include <lmdb.h>
#include <pthread.h>
#include <sys/types.h>

/* One file, once for all handles of the process that use it: LMDB must not open a file twice. */
typedef struct uhn_environment {
    struct uhn_environment *next; /* in the process's list */
    size_t users;
    dev_t device;
    ino_t inode;
    char *path, *note; /* of the file, and of what is noted of it */
    uint64_t generation;
    MDB_env *env;
    MDB_dbi names, blocks, directory, ids, labels;
    bool read_only;
    _Atomic uhn_sound sound;
    struct stat left;      /* the file as it was opened, or as our last change left it; under the writers' lock */
    pthread_mutex_t guard; /* of what follows */
    size_t readers;        /* transactions that read, in this process */
    bool dead;             /* does LMDB refuse everything? env may be NULL then */
    size_t map_size;
} uhn_environment;

struct uhn_store {
    char *folder; /* absolute */
    uhn_environment *environment;
    int lock;                            /* descriptor of the file `lock` while we write, else −1 */
    size_t stage_bytes;                  /* of a transaction; tests make it small */
    char similarity[UHN_STORE_TEXT_MAX]; /* for uhn_store_get_info() */
};

/* What LMDB's answer means; `doing` completes "cannot …". */
uhn_status uhn_lmdb_fail(const char *path, const char *doing, int code);

/* The three texts in one; NULL: no memory. Free with uhn_release(). */
char *uhn_store_join(const char *first, const char *second, const char *third);

/* "folder/data-number.mdb" and the suffix; NULL: no memory. Free with uhn_release(). */
char *uhn_store_data_path(const char *folder, uint64_t number, const char *suffix);

/* The sentence for a folder that cannot be opened; `error` is errno. */
uhn_status uhn_store_no_folder(const char *path, int error);

/* The highest N there can be. A file of a higher number is none of a store's. */
#define UHN_STORE_GENERATIONS ((uint64_t)INT64_MAX)

/* The highest N of data-N.mdb; 0: there is none. UHN_ERROR_SYSTEM */
uhn_status uhn_store_generation(const char *folder, uint64_t *generation);

/* The names in the folder are on the disk. UHN_ERROR_SYSTEM */
uhn_status uhn_store_settle(const char *folder);

/* The environment on the store's present file; it may be the one the store has. */
uhn_status uhn_environment_open(const char *folder, uhn_environment **environment);
void uhn_environment_close(uhn_environment *environment);

/* The same without the process's list: which has each file only once. */
uhn_status uhn_environment_open_file(const char *path, uhn_environment **environment);
void uhn_environment_free(uhn_environment *environment); /* NULL is allowed */

/* Opens again what LMDB has given up. Nobody may use it meanwhile: its guard is held. */
uhn_status uhn_environment_open_anew(uhn_environment *environment);

/* Makes a new environment in the new file `path`, for nobody but us, with the empty trees of a store. Nothing is on the
 * disk for sure before uhn_environment_settle(). */
uhn_status uhn_environment_make(const char *path, uhn_environment **environment);
uhn_status uhn_environment_settle(uhn_environment *environment);

/* Brings the store to the present file, if compaction has moved it. */
uhn_status uhn_store_refresh(uhn_store *store);

/* When the disk refuses one of the first pages, LMDB takes nothing more from this process until the file is opened
 * anew. A writer, who must still have the lock, notes whether that has happened; then it is opened anew as soon as no
 * view is open. uhn_read_begin() does that, too. UHN_ERROR_SYSTEM: there are views */
void uhn_environment_note_failure(uhn_environment *environment);
uhn_status uhn_environment_revive(uhn_environment *environment);

/* A snapshot; end it with uhn_read_end(). */
uhn_status uhn_read_begin(uhn_environment *environment, MDB_txn **transaction);
void uhn_read_end(uhn_environment *environment, MDB_txn *transaction);

/* Waits until nobody else writes, brings the store up to date and removes what a crash has left. */
uhn_status uhn_write_lock(uhn_store *store);
void uhn_write_unlock(uhn_store *store);
void uhn_store_remove_leftovers(const uhn_store *store);

/* Under the lock, once a change has succeeded: what was sound is so still. */
void uhn_write_done(const uhn_store *store);

/* Looks at every page of the present snapshot, whatever is known: of the trees, and with `unused` of the list that
 * writers take pages from. UHN_ERROR_DAMAGED */
uhn_status uhn_environment_check(uhn_environment *environment, bool unused);

/* More room for the file, after MDB_MAP_FULL. */
uhn_status uhn_environment_grow(uhn_environment *environment);

/* The description of the store, as the transaction sees it. */
uhn_status uhn_meta_get(const uhn_environment *environment, MDB_txn *transaction, uhn_meta *meta);
int uhn_meta_put(const uhn_environment *environment, MDB_txn *transaction, const uhn_meta *meta);

static inline MDB_val uhn_value_of(const void *bytes, size_t size)
{
    return (MDB_val){.mv_size = size, .mv_data = (void *)(uintptr_t)bytes};
}

#endif
