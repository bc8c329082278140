/* SPDX-License-Identifier: MIT */
#include "lab/utf8.h"

#include "base/allocate.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { REPLACEMENT_SIZE = 3 };

static const char replacement[] = "\xef\xbf\xbd";

/* The bytes of the character that begins at `bytes`, which end in 0; 0: none does. */
static size_t character_size(const uint8_t *bytes)
{
    static const struct {
        uint8_t first, last, second_least, second_most; /* of the first byte, and of the one after it */
        size_t size;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (bytes[0] < forms[i].first || bytes[0] > forms[i].last)
            continue;
        if (forms[i].size > 1 && (bytes[1] < forms[i].second_least || bytes[1] > forms[i].second_most))
            return 0;
        for (size_t k = 2; k < forms[i].size; k++)
            if ((bytes[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].size;
    }
    return 0;
}

char *uhn_to_utf8(const char *text)
{
    size_t length = strlen(text), room = 0, used = 0;
    char *copy = uhn_multiply_sizes(length + 1, REPLACEMENT_SIZE, &room) ? uhn_allocate_unset(room, 1) : NULL;
    for (size_t i = 0, size; copy && i < length; i += size ? size : 1) {
        size = character_size((const uint8_t *)text + i);
        memcpy(copy + used, size ? text + i : replacement, size ? size : REPLACEMENT_SIZE);
        used += size ? size : REPLACEMENT_SIZE;
    }
    if (copy)
        copy[used] = 0;
    return copy;
}
