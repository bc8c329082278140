/* SPDX-License-Identifier: MIT
 * LMDB trusts its file. Before it may, every page that it could come to is looked at here: what it says of itself, and
 * where it points. */
#ifndef UHN_STORE_PAGES_H
#define UHN_STORE_PAGES_H

#include "uhn/uhn.h"

/* Looks at the two pages at the start of an LMDB file before LMDB does. UHN_ERROR_SYSTEM, UHN_ERROR_DAMAGED */
uhn_status uhn_pages_check_start(const char *path, int file);

/* Looks at the trees of snapshot `transaction`, those in the tree of names included; with `unused` also at the list of
 * pages that a writer may use. Nobody may write over the pages of the snapshot meanwhile. *gone: the file no longer
 * says where they begin, because two others have been made; to try with a new one helps. UHN_ERROR_DAMAGED */
uhn_status uhn_pages_check(const char *path, int file, uint64_t transaction, bool unused, bool *gone);

#endif
