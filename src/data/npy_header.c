/* SPDX-License-Identifier: MIT */
#include "data/npy_header.h"

#include "base/status.h"

#include <string.h>

/* What is being read, where it stands, and which entries have been seen. */
typedef struct parser {
    const char *path, *next, *end;
    uhn_array *array;
    unsigned seen;
} parser;

enum { EXCERPT = 64 };

/* What a sentence can show of `size` characters of a file: the first of them, up to one that is not plain ASCII. */
static const char *excerpt(const char *text, size_t size, char shown[static EXCERPT])
{
    size_t length = 0;
    for (; length < size && length < EXCERPT - 1 && text[length] >= ' ' && text[length] <= '~'; length++)
        shown[length] = text[length];
    while (length > 0 && shown[length - 1] == ' ')
        length--;
    shown[length] = 0;
    return shown;
}

static uhn_status fail_syntax(const parser *p, const char *expected)
{
    char shown[EXCERPT];
    size_t left = (size_t)(p->end - p->next);
    return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the .npy header is malformed: %s expected before \"%s\"", p->path,
                    expected, excerpt(p->next, left < 20 ? left : 20, shown));
}

static void skip_space(parser *p)
{
    while (p->next < p->end && (*p->next == ' ' || *p->next == '\n' || *p->next == '\t' || *p->next == '\r'))
        p->next++;
}

/* Takes `symbol` if it is what comes next. */
static bool take(parser *p, char symbol)
{
    skip_space(p);
    bool there = p->next < p->end && *p->next == symbol;
    p->next += there;
    return there;
}

static bool take_word(parser *p, const char *word)
{
    skip_space(p);
    size_t length = strlen(word);
    bool there = (size_t)(p->end - p->next) >= length && memcmp(p->next, word, length) == 0;
    p->next += there ? length : 0;
    return there;
}

/* A quoted string without escapes; *length characters from *text. */
static uhn_status take_string(parser *p, const char **text, size_t *length)
{
    char quote = take(p, '\'') ? '\'' : take(p, '"') ? '"' : 0;
    if (!quote)
        return fail_syntax(p, "a string");
    const char *end = memchr(p->next, quote, (size_t)(p->end - p->next));
    if (!end || memchr(p->next, '\\', (size_t)(end - p->next)))
        return fail_syntax(p, "the end of a plain string");
    *text = p->next;
    *length = (size_t)(end - p->next);
    p->next = end + 1;
    return UHN_OK;
}

static uhn_status fail_dtype(const parser *p, const char *text, size_t length)
{
    char shown[EXCERPT];
    return uhn_fail(UHN_ERROR_ARGUMENT,
                    "%s: dtype '%s' is not read; float32 (f4), float64 (f8), uint8 (u1) and bool (b1) are", p->path,
                    excerpt(text, length, shown));
}

/* Byte order, then the type: '<f4'. The order means nothing to types of one byte, and only they may have none. */
static uhn_status read_descr(parser *p)
{
    const char *text;
    size_t length;
    skip_space(p);
    if (p->next < p->end && *p->next == '[') {
        char shown[EXCERPT];
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the structured dtype %s is not read; convert its field to float32",
                        p->path, excerpt(p->next, (size_t)(p->end - p->next), shown));
    }
    uhn_status status = take_string(p, &text, &length);
    if (status != UHN_OK)
        return status;
    char order = length == 3 ? text[0] : 0;
    for (size_t i = 0; order && uhn_element_at(i); i++) {
        const uhn_element *element = uhn_element_at(i);
        if (memcmp(text + 1, element->numpy, 2) != 0 || !strchr(element->size == 1 ? "|<>=" : "<>=", order))
            continue;
        p->array->element = element;
        p->array->big_endian = order == '>' || (order == '=' && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
        return UHN_OK;
    }
    return fail_dtype(p, text, length);
}

static uhn_status read_fortran_order(parser *p)
{
    p->array->fortran = take_word(p, "True");
    return p->array->fortran || take_word(p, "False") ? UHN_OK : fail_syntax(p, "True or False");
}

/* A size; an L may follow, as Python 2 wrote it. */
static uhn_status take_size(parser *p, size_t *size)
{
    skip_space(p);
    const char *start = p->next;
    *size = 0;
    for (; p->next < p->end && *p->next >= '0' && *p->next <= '9'; p->next++)
        if (__builtin_mul_overflow(*size, (size_t)10, size) ||
            __builtin_add_overflow(*size, (size_t)(*p->next - '0'), size))
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: a dimension in the .npy header is too large to be counted",
                            p->path);
    if (p->next == start && p->next < p->end && *p->next == '-')
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: a dimension in the .npy header is negative", p->path);
    if (p->next == start)
        return fail_syntax(p, "a size");
    take(p, 'L');
    return UHN_OK;
}

static uhn_status read_shape(parser *p)
{
    uhn_array *array = p->array;
    bool comma = false;
    if (!take(p, '('))
        return fail_syntax(p, "the tuple of sizes");
    array->rank = 0;
    while (!take(p, ')')) {
        if (array->rank > 0 && !comma)
            return fail_syntax(p, "a comma");
        if (array->rank == UHN_RANK_MAX)
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: has more than %d dimensions", p->path, UHN_RANK_MAX);
        uhn_status status = take_size(p, &array->shape[array->rank]);
        if (status != UHN_OK)
            return status;
        array->rank++;
        comma = take(p, ',');
    }
    if (array->rank == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: holds a single number (no dimensions); 1 to %d dimensions are read",
                        p->path, UHN_RANK_MAX);
    if (array->rank == 1 && !comma)
        return fail_syntax(p, "a comma in the tuple of one size");
    return UHN_OK;
}

typedef struct entry {
    const char *key;
    uhn_status (*read)(parser *p);
} entry;

static const entry entries[] = {{"descr", read_descr}, {"fortran_order", read_fortran_order}, {"shape", read_shape}};
enum { ENTRIES = sizeof entries / sizeof *entries };

static uhn_status read_entry(parser *p)
{
    const char *key;
    size_t length;
    uhn_status status = take_string(p, &key, &length);
    if (status != UHN_OK)
        return status;
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (strlen(entries[i].key) != length || memcmp(entries[i].key, key, length) != 0)
            continue;
        if (p->seen & 1u << i)
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the .npy header says %s twice", p->path, entries[i].key);
        p->seen |= 1u << i;
        return take(p, ':') ? entries[i].read(p) : fail_syntax(p, "a colon");
    }
    char shown[EXCERPT];
    return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the .npy header has the unknown entry '%s'", p->path,
                    excerpt(key, length, shown));
}

uhn_status uhn_npy_parse_header(const char *path, const char *text, size_t size, uhn_array *array)
{
    parser p = {.path = path, .next = text, .end = text + size, .array = array};
    bool comma = true;
    if (!take(&p, '{'))
        return fail_syntax(&p, "a dictionary");
    while (!take(&p, '}')) {
        if (!comma)
            return fail_syntax(&p, "a comma");
        uhn_status status = read_entry(&p);
        if (status != UHN_OK)
            return status;
        comma = take(&p, ',');
    }
    for (unsigned i = 0; i < ENTRIES; i++)
        if (!(p.seen & 1u << i))
            return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the .npy header lacks %s", path, entries[i].key);
    skip_space(&p);
    return p.next == p.end ? UHN_OK : fail_syntax(&p, "the end of the header");
}
