/* SPDX-License-Identifier: MIT
 * What tests of readers expect of one reading. */
#ifndef UHN_TESTS_SUPPORT_READERS_H
#define UHN_TESTS_SUPPORT_READERS_H

#include "check.h"
#include "data/dataset.h"

/* The data; fails the test with the library's sentence when they cannot be read. */
uhn_dataset read_ok_at(const char *path, const char *file, int line);
#define read_ok(path) read_ok_at((path), __FILE__, __LINE__)

/* Fails the test unless reading fails with this status, leaves the data empty, and says one sentence that names the
 * file and holds `says` (or one of several, separated by |). */
void read_refused_at(const char *path, uhn_status expected, const char *says, const char *file, int line);
#define read_refused(path, expected, says) read_refused_at((path), (expected), (says), __FILE__, __LINE__)

void check_geometry_at(const uhn_dataset *data, uhn_geometry geometry, const char *file, int line);
#define check_geometry(data, ...) check_geometry_at((data), __VA_ARGS__, __FILE__, __LINE__)

#endif
