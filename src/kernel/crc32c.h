/* SPDX-License-Identifier: MIT
 * CRC-32C (Castagnoli): the checksum of what a store keeps. The same number on every machine. */
#ifndef UHN_KERNEL_CRC32C_H
#define UHN_KERNEL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Continues `crc` (0 at the start) over `size` bytes, with the processor's instruction where it has one. */
uint32_t uhn_crc32c(uint32_t crc, const void *bytes, size_t size);

/* The same from tables. */
uint32_t uhn_crc32c_plain(uint32_t crc, const void *bytes, size_t size);

#endif
