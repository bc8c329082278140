/* SPDX-License-Identifier: MIT
 * uhn store export: rows, values, ids and labels as files, with --skip-damaged those that can be read. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/write_file.h"
#include "message.h"
#include "output_names.h"
#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Rows that are damaged and left out. */
typedef struct gap {
    uint64_t block;
    size_t first, count;
} gap;

typedef struct exporting {
    const store_arguments *arguments;
    uhn_store_view *view;
    gap *gaps; /* in the order of the rows */
    size_t gap_count, room;
    size_t rows, labels; /* that are lost */
    bool failed;         /* no memory for a gap */
} exporting;

static void note_gap(void *context, uint64_t block, size_t first, size_t count)
{
    exporting *e = context;
    if (e->gap_count == e->room) {
        const size_t room = 2 * e->room + 8;
        gap *more = uhn_allocate(room, sizeof *more);
        e->failed = e->failed || !more;
        if (!more)
            return;
        if (e->gap_count)
            memcpy(more, e->gaps, e->gap_count * sizeof *more);
        uhn_release(e->gaps);
        e->gaps = more;
        e->room = room;
    }
    e->gaps[e->gap_count++] = (gap){block, first, count};
    e->rows += count;
}

static uhn_status write_rows(exporting *e)
{
    const store_arguments *arguments = e->arguments;
    const bool skip = arguments->skip_damaged;
    uhn_status status = UHN_OK;
    if (arguments->values && !uhn_memory_has_values(uhn_store_view_memory(e->view)))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: this store has no values of its own (P = M)", arguments->path);
    UHN_TRY(skip ? uhn_store_salvage(e->view, false, arguments->out, note_gap, e)
                 : uhn_store_export(e->view, false, arguments->out));
    if (e->failed)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to note the damaged blocks", arguments->path));
    if (arguments->values)
        UHN_TRY(skip ? uhn_store_salvage(e->view, true, arguments->values, NULL, NULL)
                     : uhn_store_export(e->view, true, arguments->values));
leave:
    return status;
}

/* ---- ids and labels */

typedef uhn_status write_line(exporting *e, uint64_t id, uhn_replacement *file);

static uhn_status write_id(exporting *e, uint64_t id, uhn_replacement *file)
{
    char text[24];
    (void)e;
    return uhn_replacement_write(file, text, (size_t)snprintf(text, sizeof text, "%" PRIu64 "\n", id));
}

static uhn_status write_label(exporting *e, uint64_t id, uhn_replacement *file)
{
    char text[UHN_STORE_LABEL_MAX + 1];
    size_t length = 0;
    const uhn_status status = cli_check_label(e->view, id);
    if (status != UHN_OK && !e->arguments->skip_damaged)
        return status;
    e->labels += status != UHN_OK;
    const char *label = uhn_store_view_label(e->view, id, &length);
    length = label && length <= UHN_STORE_LABEL_MAX ? length : 0;
    if (length)
        memcpy(text, label, length);
    text[length++] = '\n';
    return uhn_replacement_write(file, text, length);
}

/* A line for each row that was written. */
static uhn_status write_each(exporting *e, write_line *write, uhn_replacement *file)
{
    const size_t count = uhn_memory_count(uhn_store_view_memory(e->view));
    uhn_status status = UHN_OK;
    for (size_t i = 0, next = 0; status == UHN_OK && i < count; i++) {
        uint64_t id = 0;
        if (next < e->gap_count && i == e->gaps[next].first) {
            i += e->gaps[next++].count - 1;
            continue;
        }
        status = uhn_store_list(e->view, i, 1, &id);
        if (status == UHN_OK)
            status = write(e, id, file);
    }
    return status;
}

static int write_lines(exporting *e, const char *path, write_line *write)
{
    uhn_replacement file;
    uhn_status status = uhn_replacement_start(&file, path);
    if (status != UHN_OK)
        return cli_store_complain(path, status);
    const uhn_status written = write_each(e, write, &file);
    status = uhn_replacement_finish(&file, written);
    return status == UHN_OK ? CLI_WORKED : cli_store_complain(written == UHN_OK ? path : e->arguments->path, status);
}

/* ---- */

/* One sentence on stderr: all that can be read has been written, and this has not. */
static void tell_gaps(const exporting *e)
{
    enum { NAMED = 20 };
    char numbers[NAMED * 24 + 40] = "none";
    int at = 0;
    for (size_t i = 0; i < e->gap_count && i < NAMED; i++)
        at += snprintf(numbers + at, sizeof numbers - (size_t)at, i ? ", %" PRIu64 : "%" PRIu64, e->gaps[i].block);
    if (e->gap_count > NAMED)
        snprintf(numbers + at, sizeof numbers - (size_t)at, " and %zu more", e->gap_count - NAMED);
    (void)cli_complain(CLI_WORKED, "store",
                       "%s: what is damaged is left out: %zu of %zu rows (blocks: %s), and the labels of %zu more",
                       e->arguments->path, e->rows, uhn_memory_count(uhn_store_view_memory(e->view)), numbers,
                       e->labels);
}

static int check_outputs(const store_arguments *arguments)
{
    const char *const names[] = {arguments->out, arguments->values, arguments->ids, arguments->labels};
    const size_t count = sizeof names / sizeof *names;
    const int code = cli_check_different("store", names, count, "--out, --values, --ids and --labels");
    return code == CLI_WORKED ? cli_check_outside("store", arguments->path, names, count) : code;
}

int cli_store_export(const store_arguments *arguments)
{
    exporting e = {.arguments = arguments};
    if (!arguments->out)
        return cli_complain(CLI_MISUSED, "store", "--out FILE is missing, where the rows go");
    int code = check_outputs(arguments);
    if (code == CLI_WORKED)
        code = cli_store_open_view(arguments, &e.view);
    if (code == CLI_WORKED) {
        const uhn_status status = write_rows(&e);
        code = status == UHN_OK ? CLI_WORKED : cli_store_complain(arguments->path, status);
    }
    if (code == CLI_WORKED && arguments->ids)
        code = write_lines(&e, arguments->ids, write_id);
    if (code == CLI_WORKED && arguments->labels)
        code = write_lines(&e, arguments->labels, write_label);
    if (code == CLI_WORKED && (e.gap_count || e.labels))
        tell_gaps(&e);
    uhn_release(e.gaps);
    uhn_store_view_close(e.view);
    return code;
}
