/* SPDX-License-Identifier: MIT
 * CRC-32C. The instruction takes three cycles but can start in each, so three stretches of the bytes run side by side;
 * their checksums are put together by shifting the earlier ones past the bytes that follow, which is a product of
 * matrices over bits, kept as tables for the one length of a stretch. */
#include "kernel/crc32c.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL UINT32_C(0x82f63b78)

/* The state is kept inverted between calls, as is usual. */

static uint32_t one_byte(uint32_t state, uint8_t byte)
{
    state ^= byte;
    for (int bit = 0; bit < 8; bit++)
        state = state >> 1 ^ (POLYNOMIAL & (0 - (state & 1)));
    return state;
}

/* table[k][b]: what byte b makes of the state when k bytes follow it. */
typedef struct byte_tables {
    uint32_t of[8][256];
} byte_tables;

static void make_tables(byte_tables *tables)
{
    for (unsigned b = 0; b < 256; b++)
        tables->of[0][b] = one_byte(0, (uint8_t)b);
    for (int k = 1; k < 8; k++)
        for (unsigned b = 0; b < 256; b++)
            tables->of[k][b] = tables->of[0][tables->of[k - 1][b] & 0xff] ^ tables->of[k - 1][b] >> 8;
}

uint32_t uhn_crc32c_plain(uint32_t crc, const void *bytes, size_t size)
{
    enum { WORTH_TABLES = 4096 };
    const uint8_t *at = bytes;
    uint32_t state = ~crc;
    if (size >= WORTH_TABLES) { /* to make them takes as long as some 2000 bytes */
        byte_tables tables;
        make_tables(&tables);
        for (; size >= 8; at += 8, size -= 8) {
            uint64_t word;
            memcpy(&word, at, sizeof word);
            word = le64toh(word) ^ state;
            state = 0;
            for (int k = 0; k < 8; k++)
                state ^= tables.of[7 - k][word >> 8 * k & 0xff];
        }
    }
    for (; size; at++, size--)
        state = one_byte(state, *at);
    return ~state;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

enum { STRETCH = 1024 }; /* bytes of one of the three; a multiple of 8 */

/* What the state becomes over STRETCH bytes of zeros: a linear map, by bytes of the state. */
typedef struct shift_tables {
    uint32_t of[4][256];
} shift_tables;

__attribute__((target("sse4.2"))) static uint32_t over_zeros(uint32_t state)
{
    uint64_t wide = state;
    for (int i = 0; i < STRETCH / 8; i++)
        wide = _mm_crc32_u64(wide, 0);
    return (uint32_t)wide;
}

static void make_shift(shift_tables *shift)
{
    for (int byte = 0; byte < 4; byte++) {
        uint32_t of_bit[8];
        for (int bit = 0; bit < 8; bit++)
            of_bit[bit] = over_zeros(UINT32_C(1) << (8 * byte + bit));
        for (unsigned b = 0; b < 256; b++) {
            uint32_t sum = 0;
            for (int bit = 0; bit < 8; bit++)
                sum ^= of_bit[bit] & (0 - (b >> bit & 1));
            shift->of[byte][b] = sum;
        }
    }
}

static uint32_t shifted(const shift_tables *shift, uint32_t state)
{
    return shift->of[0][state & 0xff] ^ shift->of[1][state >> 8 & 0xff] ^ shift->of[2][state >> 16 & 0xff] ^
           shift->of[3][state >> 24];
}

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *at, size_t size)
{
    enum { WORTH_THREE = 16 * 3 * STRETCH };
    uint64_t state = ~crc;
    if (size >= WORTH_THREE) {
        shift_tables shift;
        make_shift(&shift);
        for (; size >= 3 * STRETCH; at += 3 * STRETCH, size -= 3 * STRETCH) {
            uint64_t second = 0, third = 0;
            for (int i = 0; i < STRETCH; i += 8) {
                state = _mm_crc32_u64(state, word_at(at + i));
                second = _mm_crc32_u64(second, word_at(at + STRETCH + i));
                third = _mm_crc32_u64(third, word_at(at + 2 * STRETCH + i));
            }
            state = shifted(&shift, (uint32_t)state) ^ second;
            state = shifted(&shift, (uint32_t)state) ^ third;
        }
    }
    for (; size >= 8; at += 8, size -= 8)
        state = _mm_crc32_u64(state, word_at(at));
    for (; size; at++, size--)
        state = _mm_crc32_u8((uint32_t)state, *at);
    return ~(uint32_t)state;
}

uint32_t uhn_crc32c(uint32_t crc, const void *bytes, size_t size)
{
    return __builtin_cpu_supports("sse4.2") ? by_instruction(crc, bytes, size) : uhn_crc32c_plain(crc, bytes, size);
}
#else
uint32_t uhn_crc32c(uint32_t crc, const void *bytes, size_t size)
{
    return uhn_crc32c_plain(crc, bytes, size);
}
#endif
