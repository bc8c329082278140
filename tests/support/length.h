/* SPDX-License-Identifier: MIT
 * How much the tests try. Usually all that their source says. With UHN_TEST_ALL=1 those that have a long form take it.
 * With UHN_TEST_SHORT=1, whatever else is set, each still goes through all of its functions, but with few and small
 * cases: for tools that make a program fifty times slower, as valgrind does. */
#ifndef UHN_TESTS_SUPPORT_LENGTH_H
#define UHN_TESTS_SUPPORT_LENGTH_H

#include <stdbool.h>
#include <stddef.h>

typedef enum test_length { TEST_SHORT, TEST_USUAL, TEST_ALL } test_length;

test_length length_of_tests(void);

/* `usual`, or `few` in short tests. */
size_t unless_short(size_t usual, size_t few);

/* Whether case `number` is tried: in short tests every k-th is, else all are. */
bool is_tried(size_t number, size_t k);

#endif
