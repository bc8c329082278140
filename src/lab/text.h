/* SPDX-License-Identifier: MIT
 * Text that grows while it is written: scripts, reports. */
#ifndef UHN_LAB_TEXT_H
#define UHN_LAB_TEXT_H

#include "uhn/uhn.h"

/* Zeroed is empty. Once memory has run out nothing more is added, and uhn_text_status() says so. */
typedef struct uhn_text {
    char *bytes; /* ends in 0; NULL while empty; owned */
    size_t length, room;
    bool failed;
} uhn_text;

void uhn_text_add(uhn_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void uhn_text_append(uhn_text *text, const char *bytes, size_t length);

/* UHN_OK, or UHN_ERROR_OUT_OF_MEMORY with a sentence that says what was being written. */
uhn_status uhn_text_status(const uhn_text *text, const char *what);

void uhn_text_release(uhn_text *text);

#endif
