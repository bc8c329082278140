/* SPDX-License-Identifier: MIT
 * Filling the bytes of a block. */
#ifndef UHN_STORE_PACK_H
#define UHN_STORE_PACK_H

#include "store/format.h"

/* Copies `count` rows with all that belongs to them from one block's slots to another's. */
void uhn_pack_copy(const uhn_layout *to_layout, uint8_t *to, size_t slot, const uhn_layout *from_layout,
                   const uint8_t *from, size_t from_slot, size_t count);

/* Puts rows first … first+count−1 of the caller's, and their values, into slots from `slot` on, and checks them. */
uhn_status uhn_pack_rows(const uhn_meta *meta, const uhn_layout *layout, uint8_t *block, size_t slot,
                         const uhn_store_rows *rows, size_t first, size_t count, uhn_range *range);

void uhn_pack_id(const uhn_layout *layout, uint8_t *block, size_t slot, uint64_t id);

/* Takes the squares and the range of slots first … first+count−1. */
uhn_status uhn_pack_examine(const uhn_meta *meta, const uhn_layout *layout, uint8_t *block, size_t first, size_t count,
                            uhn_range *range);

/* The label of row `index`; NULL: none, which an empty one is too. */
const char *uhn_pack_label(const uhn_store_rows *rows, size_t index);

/* Are the caller's rows fit for the store? Resolves the strides. */
uhn_status uhn_pack_check(const uhn_meta *meta, const uhn_store_rows *given, uhn_store_rows *rows);

#endif
