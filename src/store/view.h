/* SPDX-License-Identifier: MIT
 * A snapshot: what the directory says, and where the blocks lie in the map. */
#ifndef UHN_STORE_VIEW_H
#define UHN_STORE_VIEW_H

#include "store/environment.h"

typedef struct uhn_view_block {
    const uhn_store_view *view;
    uint64_t number;
    uhn_entry entry;
    const uint8_t *bytes;
    size_t first; /* memory */
    int verdict;  /* of the checksum: 0 not looked at, 1 right, 2 wrong; atomic */
} uhn_view_block;

struct uhn_store_view {
    uhn_environment *environment; /* of which it is a user */
    MDB_txn *transaction;
    pthread_mutex_t guard; /* of the transaction */
    uhn_meta meta;
    uhn_view_block *blocks;
    size_t block_count;
    uhn_memory *memory;
};

/* What is wrong with a store: `found` is told of each thing. Without it the first one is a failure. */
typedef struct uhn_findings {
    void (*found)(void *context, const char *sentence);
    void *context;
    size_t count;
    char first[400]; /* sentence */
} uhn_findings;

/* Notes one thing that is wrong. The sentence of the first one is kept for uhn_error_detail(). */
void uhn_store_found(uhn_findings *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the snapshot, and over the caller's use of the environment, whatever the outcome. */
uhn_status uhn_view_make(uhn_environment *environment, uhn_findings *findings, uhn_store_view **made);

/* The index of the memory with this id; UHN_NO_INDEX: there is none. UHN_ERROR_DAMAGED: its block is */
uhn_status uhn_view_find(const uhn_store_view *view, uint64_t id, size_t *index);

/* Is the checksum of block `index` right? */
uhn_status uhn_view_check(const uhn_store_view *shared, size_t index);

#endif
