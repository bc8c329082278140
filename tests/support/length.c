/* SPDX-License-Identifier: MIT */
#include "length.h"

#include <stdlib.h>
#include <string.h>

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && strcmp(value, "1") == 0;
}

test_length length_of_tests(void)
{
    return is_set("UHN_TEST_SHORT") ? TEST_SHORT : is_set("UHN_TEST_ALL") ? TEST_ALL : TEST_USUAL;
}

size_t unless_short(size_t usual, size_t few)
{
    return length_of_tests() == TEST_SHORT ? few : usual;
}

bool is_tried(size_t number, size_t k)
{
    return number % unless_short(1, k) == 0;
}
