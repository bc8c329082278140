/* SPDX-License-Identifier: MIT */
#include "readers.h"

#include <stdio.h>
#include <string.h>

uhn_dataset read_ok_at(const char *path, const char *file, int line)
{
    uhn_dataset data;
    check_ok_at(uhn_dataset_read(path, NULL, &data), path, file, line);
    return data;
}

static bool says_one_of(const char *sentence, const char *says)
{
    char choice[256];
    for (size_t length; *says; says += length + (says[length] == '|')) {
        length = strcspn(says, "|");
        snprintf(choice, sizeof choice, "%.*s", (int)length, says);
        if (strstr(sentence, choice))
            return true;
    }
    return false;
}

void read_refused_at(const char *path, uhn_status expected, const char *says, const char *file, int line)
{
    static const uhn_dataset empty;
    uhn_dataset data;
    check_refused_at(uhn_dataset_read(path, NULL, &data), expected, path, file, line);
    const char *sentence = uhn_error_detail();
    bool ends_plainly = sentence[0] && sentence[strlen(sentence) - 1] != '.' && !strchr(sentence, '\n');
    if (!strstr(sentence, path) || !says_one_of(sentence, says) || !ends_plainly) {
        print_error("%s: should say \"%s\", says \"%s\"\n", path, says, sentence);
        _fail(file, line);
    }
    if (data.rows != empty.rows || data.labels != empty.labels || data.count != 0 || data.dim != 0 || data.rank != 0) {
        print_error("%s: the data are not empty after a failure\n", path);
        _fail(file, line);
    }
}

void check_geometry_at(const uhn_dataset *data, uhn_geometry geometry, const char *file, int line)
{
    const uhn_geometry *is = &data->geometry;
    if (is->height != geometry.height || is->width != geometry.width || is->channels != geometry.channels ||
        is->interleaved != geometry.interleaved) {
        print_error("%zu × %zu pixels of %zu channels%s, dim %zu; should be %zu × %zu of %zu%s\n", is->width,
                    is->height, is->channels, is->interleaved ? ", interleaved" : "", data->dim, geometry.width,
                    geometry.height, geometry.channels, geometry.interleaved ? ", interleaved" : "");
        _fail(file, line);
    }
}
