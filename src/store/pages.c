/* SPDX-License-Identifier: MIT
 * The layout of LMDB 0.9's file, as far as it has to be sound for LMDB not to leave it. */
#include "store/pages.h"

#include "base/allocate.h"
#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_HEADER = 16, NODE_HEADER = 8, TREE_BYTES = 48, PAGE_LEAST = 512, PAGE_MOST = 1 << 16, DEPTH_MAX = 32 };
enum { IS_BRANCH = 1, IS_LEAF = 2, IS_OVERFLOW = 4, IS_META = 8 }; /* flags of a page */
enum { NODE_BIG = 1, NODE_TREE = 2 };                              /* and of a node */
enum { INTEGER_KEYS = 8, TREE_FLAGS = 0xff };                      /* and of a tree: the list of unused pages */
enum { KEY_MOST = 511 };

static const uint32_t magic = 0xBEEFC0DE, version = 1;
static const uint64_t no_page = UINT64_MAX;

typedef struct tree {
    uint32_t pad;
    uint16_t flags, depth;
    uint64_t branches, leaves, overflows, entries, root;
} tree;

typedef struct start_page {
    uint64_t number;
    uint16_t pad, flags;
    uint32_t unused;
    uint32_t magic, version;
    uint64_t address, map_size;
    tree unused_pages, names;
    uint64_t last_page, transaction;
} start_page;

typedef struct page {
    uint64_t number;
    uint16_t pad, flags, lower, upper;
    uint16_t offsets[];
} page;

/* The first page of a value that has pages of its own. */
typedef struct overflow {
    uint64_t number;
    uint16_t pad, flags;
    uint32_t pages; /* how many; a shorter value may have taken the place of a longer one */
} overflow;

typedef struct node {
    uint16_t low, high, flags, key_size;
    uint8_t key[];
} node;

typedef struct check {
    const char *path;
    const uint8_t *map;
    size_t page_size;
    uint64_t last;              /* page of the snapshot */
    uint64_t pages;             /* that the snapshot may use, and that the file has */
    uint8_t *seen;              /* a bit for each */
    uint16_t *places;           /* in a page, in steps of two bytes: 0, but while a page is looked at */
    uint64_t transaction, list; /* which made the snapshot; which made the list of unused pages last looked at */
} check;

/* ---- the start */

static bool sound_start(const start_page *start)
{
    const uint32_t size = start->unused_pages.pad; /* LMDB keeps the size of a page here */
    return (start->flags & IS_META) && start->magic == magic && start->version == version && size >= PAGE_LEAST &&
           size <= PAGE_MOST && (size & (size - 1)) == 0 && start->last_page >= 1 &&
           start->last_page < UINT64_MAX / PAGE_MOST && (start->unused_pages.flags & TREE_FLAGS) == INTEGER_KEYS &&
           start->names.flags == 0;
}

static uhn_status fail_damaged(const char *path, const char *what, uint64_t number)
{
    return uhn_fail(UHN_ERROR_DAMAGED, "%s: the store is damaged: %s (page %" PRIu64 ")", path, what, number);
}

static uhn_status fail_unread(const char *path)
{
    return uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be read: %s", path, strerror(errno));
}

uhn_status uhn_pages_check_start(const char *path, int file)
{
    start_page first, second;
    uint64_t size[2];
    ssize_t length = pread(file, &first, sizeof first, 0);
    if (length != (ssize_t)sizeof first)
        return length < 0 ? fail_unread(path) : fail_damaged(path, "it ends within its first page", 0);
    if (!sound_start(&first))
        return fail_damaged(path, "this is not the file of a store, or its first page is damaged", 0);
    size[0] = first.unused_pages.pad;
    length = pread(file, &second, sizeof second, (off_t)size[0]);
    if (length != (ssize_t)sizeof second)
        return length < 0 ? fail_unread(path) : fail_damaged(path, "it ends within its second page", 1);
    size[1] = second.unused_pages.pad;
    return sound_start(&second) && size[0] == size[1] ? UHN_OK : fail_damaged(path, "its second page is damaged", 1);
}

/* ---- trees */

/* What the values of a tree are. */
typedef enum content { BYTES, TREES, UNUSED } content;

static bool mark(check *c, uint64_t first, uint64_t count, uint64_t limit)
{
    if (first < 2 || first >= limit || count > limit - first)
        return false;
    for (uint64_t i = first; i < first + count; i++) {
        if (c->seen[i / 8] >> i % 8 & 1)
            return false;
        c->seen[i / 8] |= (uint8_t)(1 << i % 8);
    }
    return true;
}

static uhn_status check_tree(check *c, const tree *t, content values);

/* How many there are, then their numbers, falling; the key is the transaction that no longer used them. LMDB takes
 * pages that follow each other by their places in the list, and forgets lists by their keys. Pages may lie behind the
 * end of the file. */
static uhn_status check_unused(check *c, const page *p, const node *n, const uint8_t *data, uint64_t size)
{
    uint64_t list, count = 0, number, before = c->last + 1;
    memcpy(&list, n->key, sizeof list);
    if (list <= c->list || list > c->transaction)
        return fail_damaged(c->path, "lists of unused pages do not follow each other", p->number);
    c->list = list;
    if (size >= sizeof count)
        memcpy(&count, data, sizeof count);
    if (size < sizeof count || count > size / sizeof count - 1)
        return fail_damaged(c->path, "a list of unused pages is too short", p->number);
    for (uint64_t i = 1; i <= count; i++, before = number) {
        memcpy(&number, data + i * sizeof number, sizeof number);
        if (number >= before)
            return fail_damaged(c->path, "a list of unused pages is out of order", p->number);
        if (!mark(c, number, 1, c->last + 1))
            return fail_damaged(c->path, "a page is listed as unused that is used, or twice", p->number);
    }
    return UHN_OK;
}

static bool mark_overflow(check *c, uint64_t first, uint64_t needed)
{
    if (first >= c->pages)
        return false;
    const overflow *o = (const overflow *)(const void *)(c->map + first * c->page_size);
    return o->number == first && o->flags == IS_OVERFLOW && o->pages >= needed && mark(c, first, o->pages, c->pages);
}

/* `room` bytes of the page are left for the value of the node: the value itself, or where it has pages of its own. */
static uhn_status check_value(check *c, const page *p, const node *n, size_t room, content values)
{
    const uint64_t size = n->low | (uint64_t)n->high << 16;
    const uint8_t *data = n->key + n->key_size;
    if (n->flags != (values == TREES ? n->flags & NODE_TREE : n->flags & NODE_BIG))
        return fail_damaged(c->path, "a node has flags that stores do not use", p->number);
    if (n->flags == NODE_BIG) {
        uint64_t first = 0;
        if (room >= sizeof first)
            memcpy(&first, data, sizeof first);
        if (!mark_overflow(c, first, (size + PAGE_HEADER + c->page_size - 1) / c->page_size))
            return fail_damaged(c->path,
                                "a value lies behind the end of the file, which may have been cut off, or where "
                                "something else is",
                                p->number);
        data = c->map + first * c->page_size + PAGE_HEADER;
    } else if (size > room || (n->flags == NODE_TREE && size != TREE_BYTES)) {
        return fail_damaged(c->path, "a node is longer than its page", p->number);
    }
    if (n->flags == NODE_TREE) {
        tree inner;
        memcpy(&inner, data, sizeof inner);
        return inner.flags == 0 ? check_tree(c, &inner, BYTES)
                                : fail_damaged(c->path, "a tree has flags that stores do not use", p->number);
    }
    return values == UNUSED ? check_unused(c, p, n, data, size) : UHN_OK;
}

static const node *node_at(const page *p, size_t index)
{
    return (const node *)(const void *)((const uint8_t *)p + p->offsets[index]);
}

/* Bytes of a node that lies in its page with its key; as LMDB counts them. */
static uint64_t node_size(const page *p, const node *n)
{
    const uint64_t value = p->flags == IS_BRANCH   ? 0
                           : (n->flags & NODE_BIG) ? sizeof(uint64_t)
                                                   : n->low | (uint64_t)n->high << 16;
    return (NODE_HEADER + n->key_size + value + 1) / 2 * 2;
}

/* Do the nodes fill the page from its upper bound to its end, one behind the other in any order? LMDB moves them by
 * their sizes. */
static bool are_packed(check *c, const page *p, size_t nodes, content values)
{
    for (size_t i = 0; i < nodes; i++) {
        const size_t at = p->offsets[i];
        const node *n = node_at(p, i);
        if (at % 2 || at < p->upper || at + NODE_HEADER > c->page_size || n->key_size > KEY_MOST ||
            node_size(p, n) > c->page_size - at ||
            (values == UNUSED && p->flags == IS_LEAF && n->key_size != sizeof(uint64_t)))
            return false;
        c->places[at / 2] = (uint16_t)node_size(p, n);
    }
    size_t at = p->upper, found = 0;
    for (; at < c->page_size && c->places[at / 2]; found++) {
        const size_t size = c->places[at / 2];
        c->places[at / 2] = 0;
        at += size;
    }
    return found == nodes && at == c->page_size;
}

/* *leaves: at which depth the leaves of the tree are; 0: not known yet. */
static uhn_status check_page(check *c, uint64_t number, unsigned depth, content values, unsigned *leaves)
{
    uhn_status status = UHN_OK;
    if (depth > DEPTH_MAX || !mark(c, number, 1, c->pages))
        return fail_damaged(
            c->path, "a page lies behind the end of the file, which may have been cut off, or is used twice", number);
    const page *p = (const page *)(const void *)(c->map + number * c->page_size);
    if (p->number != number || (p->flags != IS_BRANCH && p->flags != IS_LEAF) || p->lower < PAGE_HEADER ||
        p->lower > p->upper || p->upper > c->page_size || p->lower % 2)
        return fail_damaged(c->path, "a page is not what it should be", number);
    const size_t nodes = (p->lower - PAGE_HEADER) / 2;
    if (nodes < (p->flags == IS_BRANCH ? 2 : 1))
        return fail_damaged(c->path, "a page is empty", number);
    if (!are_packed(c, p, nodes, values))
        return fail_damaged(c->path, "the nodes of a page lie over each other, apart, or outside", number);
    if (p->flags == IS_LEAF && *leaves == 0)
        *leaves = depth;
    if (p->flags == IS_LEAF && *leaves != depth)
        return fail_damaged(c->path, "a tree has branches of several lengths", number);
    for (size_t i = 0; i < nodes; i++) {
        const node *n = node_at(p, i);
        if (p->flags == IS_BRANCH)
            UHN_TRY(
                check_page(c, n->low | (uint64_t)n->high << 16 | (uint64_t)n->flags << 32, depth + 1, values, leaves));
        else
            UHN_TRY(check_value(c, p, n, c->page_size - p->offsets[i] - NODE_HEADER - n->key_size, values));
    }
leave:
    return status;
}

static uhn_status check_tree(check *c, const tree *t, content values)
{
    unsigned leaves = 0;
    return t->root == no_page ? UHN_OK : check_page(c, t->root, 1, values, &leaves);
}

uhn_status uhn_pages_check(const char *path, int file, uint64_t transaction, bool unused, bool *gone)
{
    check c = {.path = path, .transaction = transaction};
    struct stat about;
    size_t bytes = 0;
    const uint8_t *map = NULL;
    uhn_status status = UHN_OK;
    *gone = false;
    UHN_TRY(uhn_pages_check_start(path, file));
    if (fstat(file, &about) != 0)
        return fail_unread(path);
    bytes = (size_t)about.st_size;
    map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED)
        return uhn_fail(UHN_ERROR_SYSTEM, "%s: cannot be mapped: %s", path, strerror(errno));
    c.map = map;
    const start_page *start = (const start_page *)(const void *)map;
    c.page_size = start->unused_pages.pad;
    if (transaction & 1) /* the two take turns */
        start = (const start_page *)(const void *)(map + c.page_size);
    const start_page copy = *start;
    c.last = copy.last_page;
    c.pages = bytes / c.page_size < c.last + 1 ? bytes / c.page_size : c.last + 1;
    *gone = copy.transaction != transaction;
    if (*gone || c.last / 2 > bytes / c.page_size + (1 << 20))
        UHN_TRY(fail_damaged(path, "its first pages contradict each other", transaction & 1));
    c.seen = uhn_allocate(c.last / 8 + 1, 1);
    c.places = uhn_allocate(c.page_size / 2, sizeof *c.places);
    if (!c.seen || !c.places)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to check %" PRIu64 " pages", path, c.last));
    UHN_TRY(check_tree(&c, &copy.names, TREES));
    if (unused)
        UHN_TRY(check_tree(&c, &copy.unused_pages, UNUSED));
leave:
    uhn_release(c.seen);
    uhn_release(c.places);
    if (bytes)
        munmap((void *)(uintptr_t)map, bytes);
    return status;
}
