/* SPDX-License-Identifier: MIT
 * Text for those who insist on UTF-8. The names of files are any bytes. */
#ifndef UHN_LAB_UTF8_H
#define UHN_LAB_UTF8_H

/* A copy in which U+FFFD stands for every byte that is not part of a character in UTF-8; the caller's to uhn_release().
 * NULL: no memory. */
char *uhn_to_utf8(const char *text);

#endif
