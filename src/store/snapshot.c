/* SPDX-License-Identifier: MIT
 * Transactions that read, and an environment that has to be opened anew before the next one. */
#include "base/status.h"
#include "store/environment.h"

static uhn_status revive(uhn_environment *e)
{
    if (!e->dead)
        return UHN_OK;
    return e->readers == 0
               ? uhn_environment_open_anew(e)
               : uhn_fail(UHN_ERROR_SYSTEM,
                          "%s: a change could not be written; it can be used again when all views of it are "
                          "closed",
                          e->path);
}

uhn_status uhn_environment_revive(uhn_environment *e)
{
    pthread_mutex_lock(&e->guard);
    const uhn_status status = revive(e);
    pthread_mutex_unlock(&e->guard);
    return status;
}

void uhn_environment_note_failure(uhn_environment *e)
{
    MDB_txn *transaction;
    pthread_mutex_lock(&e->guard);
    if (!e->dead) {
        const int code = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &transaction);
        e->dead = code == MDB_PANIC;
        if (code == 0)
            mdb_txn_abort(transaction);
    }
    pthread_mutex_unlock(&e->guard);
}

uhn_status uhn_environment_grow(uhn_environment *e)
{
    int code = MDB_MAP_FULL;
    pthread_mutex_lock(&e->guard);
    if (e->readers == 0 && !e->dead && e->map_size <= SIZE_MAX / 2) {
        code = mdb_env_set_mapsize(e->env, e->map_size * 2);
        if (code == 0)
            e->map_size *= 2;
    }
    pthread_mutex_unlock(&e->guard);
    return code == 0 ? UHN_OK : uhn_lmdb_fail(e->path, "have more address space while views of it are open", code);
}

uhn_status uhn_read_begin(uhn_environment *e, MDB_txn **transaction)
{
    int code = MDB_MAP_RESIZED;
    for (int attempt = 0; attempt < 2 && code; attempt++) {
        pthread_mutex_lock(&e->guard);
        const uhn_status status = revive(e);
        if (status != UHN_OK) {
            pthread_mutex_unlock(&e->guard);
            return status;
        }
        code = mdb_txn_begin(e->env, NULL, MDB_RDONLY, transaction);
        e->readers += code == 0;
        pthread_mutex_unlock(&e->guard);
        if (code == MDB_MAP_RESIZED && uhn_environment_grow(e) != UHN_OK)
            break;
        if (code == MDB_READERS_FULL)
            (void)mdb_reader_check(e->env, NULL); /* those who died */
    }
    return code == 0 ? UHN_OK : uhn_lmdb_fail(e->path, "be read", code);
}

void uhn_read_end(uhn_environment *e, MDB_txn *transaction)
{
    pthread_mutex_lock(&e->guard);
    mdb_txn_abort(transaction);
    e->readers--;
    pthread_mutex_unlock(&e->guard);
}
