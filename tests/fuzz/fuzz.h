/* SPDX-License-Identifier: MIT
 * Fuzz targets: each takes any bytes, hands them to one part of the program, and checks what must hold whatever they
 * are. libFuzzer calls them in build/fuzz (script/fuzz), a plain program calls them in the test suite. */
#ifndef UHN_TESTS_FUZZ_H
#define UHN_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fuzz_target fuzz_target;

struct fuzz_target {
    const char *name;
    const char *file; /* what the bytes are called where they have to lie in a file */
    void (*run)(const fuzz_target *target, const uint8_t *bytes, size_t size);
};

/* The table; NULL past the end. Every reader is a target of its name. */
const fuzz_target *fuzz_target_at(size_t index);
const fuzz_target *fuzz_find_target(const char *name);

/* Enters a folder of its own, in $TMPDIR or /tmp, in which the targets may do what they like. */
void fuzz_enter_folder(void);
void fuzz_remove_folder(void);

/* Writes a file there. */
void fuzz_write(const char *name, const void *bytes, size_t size);

/* Ends the program with a sentence: a finding. */
void fuzz_require(bool holds, const char *what);

/* Bytes taken one after the other; 0 past the end. */
typedef struct fuzz_bytes {
    const uint8_t *next;
    size_t left;
} fuzz_bytes;

uint8_t fuzz_byte(fuzz_bytes *bytes);
size_t fuzz_range(fuzz_bytes *bytes, size_t first, size_t last);

enum { FUZZ_TEXT = 96 };

/* A length, then so many characters. */
void fuzz_text(fuzz_bytes *bytes, char text[FUZZ_TEXT]);

/* A number from one byte: small ones, both zeros, huge ones, NaN and infinities. */
float fuzz_number(fuzz_bytes *bytes);

/* Writes the seeds of all targets as TARGET/NAME below the current folder. */
void fuzz_write_seeds(void);

void fuzz_run_reader(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_gzip(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_store(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_folder(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_arguments(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_command(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_recall(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_table(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_flow(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_results(const fuzz_target *target, const uint8_t *bytes, size_t size);
void fuzz_run_cell(const fuzz_target *target, const uint8_t *bytes, size_t size);

#endif
