/* SPDX-License-Identifier: MIT
 * As much of cmocka as the tests of the kernels need, for architectures for which there is none here: the first failure
 * ends the program. */
#ifndef UHN_TESTS_CROSS_CMOCKA_H
#define UHN_TESTS_CROSS_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*function)(void **state);
};

#define cmocka_unit_test(function)                                                                                     \
    {                                                                                                                  \
#function, function                                                                                            \
    }

#define print_error(...) fprintf(stderr, __VA_ARGS__)
#define fail_msg(...)    (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

#define assert_true(condition)            ((condition) ? (void)0 : fail_msg("%s", #condition))
#define assert_false(condition)           assert_true(!(condition))
#define assert_int_equal(a, b)            assert_true((a) == (b))
#define assert_in_range(value, low, high) assert_true((value) >= (low) && (value) <= (high))
#define assert_memory_equal(a, b, size)   assert_true(memcmp(a, b, size) == 0)

static inline _Noreturn void _fail(const char *file, int line)
{
    print_error("%s:%d: failed\n", file, line);
    exit(1);
}

#define cmocka_run_group_tests(tests, set_up, tear_down) run_all(tests, sizeof(tests) / sizeof *(tests))

static inline int run_all(const struct CMUnitTest *tests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *state = NULL;
        puts(tests[i].name);
        tests[i].function(&state);
    }
    return 0;
}

#endif
