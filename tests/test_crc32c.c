/* SPDX-License-Identifier: MIT
 * CRC-32C: known values, and the instruction against the tables at all lengths and alignments that matter. */
#include "kernel/crc32c.h"
#include "support/catalogue.h"

#include <stdlib.h>
#include <string.h>

/* RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms. */
static void test_known(void **state)
{
    uint8_t bytes[32];
    (void)state;
    assert_int_equal(uhn_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(uhn_crc32c_plain(0, "123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(uhn_crc32c(0, bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(uhn_crc32c(0, bytes, sizeof bytes), 0x62a8ab43);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(uhn_crc32c(0, bytes, sizeof bytes), 0x46dd794e);
    assert_int_equal(uhn_crc32c(0, NULL, 0), 0);
}

static void test_instruction_and_tables(void **state)
{
    enum { SIZE = 300000 };
    test_random random = {1};
    uint8_t *bytes = random_bytes(&random, SIZE);
    (void)state;
    for (int i = 0; i < 400; i++) {
        const size_t first = random_below(&random, 64);
        const size_t size = random_below(&random, i % 2 ? 200 : SIZE - first);
        assert_int_equal(uhn_crc32c((uint32_t)i, bytes + first, size),
                         uhn_crc32c_plain((uint32_t)i, bytes + first, size));
    }
    free(bytes);
}

static void test_in_pieces(void **state)
{
    enum { SIZE = 200000 };
    test_random random = {2};
    uint8_t *bytes = random_bytes(&random, SIZE);
    const uint32_t whole = uhn_crc32c(0, bytes, SIZE);
    (void)state;
    for (int i = 0; i < 50; i++) {
        const size_t cut = random_below(&random, SIZE);
        assert_int_equal(uhn_crc32c(uhn_crc32c(0, bytes, cut), bytes + cut, SIZE - cut), whole);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known), cmocka_unit_test(test_instruction_and_tables),
                                       cmocka_unit_test(test_in_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
