/* SPDX-License-Identifier: MIT */
#include "npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { PREAMBLE = 10, HEADER_MAX = 512 };

/* The element types that occur, each with its way to a double. */
static double from_f4(const unsigned char *bytes)
{
    float value;

    memcpy(&value, bytes, sizeof value);
    return (double)value;
}

static double from_f8(const unsigned char *bytes)
{
    double value;

    memcpy(&value, bytes, sizeof value);
    return value;
}

static double from_i4(const unsigned char *bytes)
{
    int32_t value;

    memcpy(&value, bytes, sizeof value);
    return (double)value;
}

static double from_u1(const unsigned char *bytes)
{
    return (double)bytes[0];
}

static const struct element {
    const char *description;
    size_t size;
    double (*convert)(const unsigned char *bytes);
} elements[] = {
    {"'descr': '<f4'", 4, from_f4},
    {"'descr': '<f8'", 8, from_f8},
    {"'descr': '<i4'", 4, from_i4},
    {"'descr': '|u1'", 1, from_u1},
};

static const struct element *find_element(const char *header)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (strstr(header, elements[i].description) != NULL)
            return &elements[i];
    return NULL;
}

/* Fills rank, shape and count from "'shape': (3, 5, 11)". */
static bool read_shape(const char *header, npy *array)
{
    const char *text = strstr(header, "'shape': (");

    if (text == NULL)
        return false;
    text += strlen("'shape': (");
    array->rank = 0;
    array->count = 1;
    while (*text != ')' && *text != '\0') {
        char *end;
        unsigned long size = strtoul(text, &end, 10);

        if (end == text || array->rank == 4)
            return false;
        array->shape[array->rank++] = size;
        array->count *= size;
        text = end + strspn(end, ", ");
    }
    return array->rank > 0;
}

static bool read_elements(FILE *file, const struct element *element, npy *array)
{
    unsigned char *bytes = test_allocate(array->count, element->size);
    bool complete = fread(bytes, element->size, array->count, file) == array->count;

    array->values = test_allocate(array->count, sizeof *array->values);
    for (size_t i = 0; i < array->count; i++)
        array->values[i] = element->convert(bytes + i * element->size);
    free(bytes);
    return complete;
}

static bool read_open(FILE *file, npy *array)
{
    unsigned char preamble[PREAMBLE];
    char header[HEADER_MAX + 1] = {0};
    size_t length;
    const struct element *element;

    if (fread(preamble, 1, PREAMBLE, file) != PREAMBLE || memcmp(preamble, "\x93NUMPY\x01\x00", 8) != 0)
        return false;
    length = preamble[8] + 256U * preamble[9];
    if (length > HEADER_MAX || fread(header, 1, length, file) != length)
        return false;
    element = find_element(header);
    return element != NULL && strstr(header, "'fortran_order': False") != NULL && read_shape(header, array) &&
           read_elements(file, element, array);
}

bool npy_read(const char *path, npy *array)
{
    FILE *file = fopen(path, "rb");
    bool good;

    memset(array, 0, sizeof *array);
    good = file != NULL && read_open(file, array);
    if (file != NULL)
        fclose(file);
    if (!good) {
        print_error("%s: cannot be read as .npy\n", path);
        npy_free(array);
    }
    return good;
}

void npy_free(npy *array)
{
    free(array->values);
    memset(array, 0, sizeof *array);
}

float *npy_floats(const npy *array)
{
    float *values = test_allocate(array->count, sizeof *values);

    for (size_t i = 0; i < array->count; i++)
        values[i] = (float)array->values[i];
    return values;
}

bool npy_write_floats(const char *path, const float *values, size_t rows, size_t columns)
{
    char header[128 - PREAMBLE + 1];
    FILE *file = fopen(path, "wb");
    bool good;

    if (file == NULL)
        return false;
    memset(header, ' ', sizeof header);
    header[snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", rows,
                    columns)] = ' ';
    header[128 - PREAMBLE - 1] = '\n';
    good = fwrite("\x93NUMPY\x01\x00\x76\x00", 1, PREAMBLE, file) == PREAMBLE &&
           fwrite(header, 1, 128 - PREAMBLE, file) == 128 - PREAMBLE &&
           fwrite(values, sizeof *values, rows * columns, file) == rows * columns;
    return fclose(file) == 0 && good;
}
