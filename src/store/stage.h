/* SPDX-License-Identifier: MIT
 * Changes. The bytes of new and changed blocks are staged as records that nobody knows of yet, in as many transactions
 * as keep each of a modest size; one small transaction then publishes them. What a crash leaves in between is cleared
 * by the next writer. */
#ifndef UHN_STORE_STAGE_H
#define UHN_STORE_STAGE_H

#include "store/environment.h"

#define UHN_STORE_TEMPORARY ".tmp"

enum { UHN_STAGE_BYTES = 64 << 20 }; /* of a transaction, about */

/* A block that is to be published; rows 0: it goes. */
typedef struct uhn_change {
    uint64_t block;
    uhn_entry entry;
} uhn_change;

typedef struct uhn_stage {
    uhn_environment *environment;
    MDB_txn *transaction;
    uhn_meta meta; /* as it will be */
    uint64_t first_record;
    size_t bytes, limit; /* in this transaction */
    bool committed;      /* is any of it on the disk? */
    bool full;           /* was the map too small? */
    uhn_change *changes;
    size_t change_count, change_room;
} uhn_stage;

/* Begins a batch; end it with uhn_stage_end(), whatever happens. The writers' lock must be held. */
uhn_status uhn_stage_begin(uhn_environment *environment, size_t limit, uhn_stage *stage);

/* Room for the record of block `block` with `rows` rows, its header written; it has to be filled before anything else
 * is asked of the stage. Then uhn_stage_record() takes its checksum. */
uhn_status uhn_stage_reserve(uhn_stage *stage, uint64_t block, size_t rows, uint8_t **bytes);
uhn_status uhn_stage_record(uhn_stage *stage, uint64_t block, size_t rows, const uhn_range *range,
                            const uint8_t *bytes);

/* The block is to go. */
uhn_status uhn_stage_drop(uhn_stage *stage, uint64_t block);

/* The bytes of a published block. They stay where they are until the transaction ends: LMDB copies what it changes.
 * `peek` leaves the checksum unchecked; NULL in *bytes: there is no such block. */
uhn_status uhn_stage_read(const uhn_stage *stage, uint64_t block, uhn_entry *entry, const uint8_t **bytes);
uhn_status uhn_stage_peek(const uhn_stage *stage, uint64_t block, uhn_entry *entry, const uint8_t **bytes);

uhn_status uhn_stage_put(uhn_stage *stage, MDB_dbi tree, uint64_t number, const void *bytes, size_t size);
uhn_status uhn_stage_label(uhn_stage *stage, uint64_t id, const char *label);
uhn_status uhn_stage_delete(uhn_stage *stage, MDB_dbi tree, uint64_t number); /* also where there is none */

/* Writes down what has been staged, when it is enough for a transaction. */
uhn_status uhn_stage_flush(uhn_stage *stage);

/* Ends the batch: with UHN_OK publishes it, else leaves nothing of it. Returns `status` or what went wrong. */
uhn_status uhn_stage_end(uhn_stage *stage, uhn_status status);

/* Clears what a batch has left that did not end. */
uhn_status uhn_stage_clear(uhn_environment *environment);

/* Does a batch in full: under the writers' lock, and again where the map was too small. */
typedef uhn_status uhn_batch_work(uhn_stage *stage, void *context);
uhn_status uhn_store_change(uhn_store *store, uhn_batch_work *work, void *context);

/* ---- ids: which block has which. Runs of ids that follow each other in one block are one entry; an entry may cover
 * ids that have been removed since. */

/* The block that has the id, if the store has it; false: it has not. */
uhn_status uhn_ids_find(const uhn_environment *environment, MDB_txn *transaction, uint64_t id, uint64_t *block,
                        bool *found);

/* Tells of all runs, in order. UHN_ERROR_DAMAGED: up to one that cannot be */
uhn_status uhn_ids_each(const uhn_environment *environment, MDB_txn *transaction,
                        void (*visit)(void *context, uint64_t first, uint64_t count, uint64_t block), void *context);

/* Ids first … first+count−1, which no block has, are now in `block`. */
uhn_status uhn_ids_put(uhn_stage *stage, uint64_t first, uint64_t count, uint64_t block);

/* The slot of the id in a block; SIZE_MAX: it has gone. */
size_t uhn_ids_slot(const uint8_t *block, const uhn_layout *layout, size_t rows, uint64_t id);

#endif
