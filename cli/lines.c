/* SPDX-License-Identifier: MIT */
#include "lines.h"
#include "base/allocate.h"
#include "base/status.h"
#include "data/source.h"
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_ROOM = 1 << 16 };

void cli_free_lines(cli_lines *lines)
{
    uhn_release(lines->text);
    *lines = (cli_lines){0};
}

const char *cli_next_line(const char *line)
{
    return line + strlen(line) + 1;
}

static bool is_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

bool cli_is_stream(const char *path)
{
    struct stat about;
    return is_input(path) || (stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode));
}

/* A text that grows, and the room it has besides the 0 at its end. */
typedef struct growing {
    char *text;
    size_t size, room;
} growing;

static uhn_status grow(const char *path, growing *g)
{
    const size_t room = g->room ? 2 * g->room : FIRST_ROOM;
    char *text = uhn_allocate_unset(room + 1, 1);
    if (!text)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for more than its first %zu bytes", path, g->size);
    if (g->size)
        memcpy(text, g->text, g->size);
    uhn_release(g->text);
    g->text = text;
    g->room = room;
    return UHN_OK;
}

/* What is no text is refused before all of it is there: some devices have no end. */
static uhn_status read_all(const char *path, int descriptor, uint64_t limit, growing *g)
{
    uhn_status status = UHN_OK;
    for (ssize_t got = 1; got;) {
        if (g->size == g->room)
            UHN_TRY(grow(path, g));
        got = read(descriptor, g->text + g->size, g->room - g->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be read: %s", path, strerror(errno)));
        if (memchr(g->text + g->size, '\0', (size_t)got))
            UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "%s: not text, one item a line", path));
        g->size += (size_t)got;
        if (g->size > limit)
            UHN_TRY(uhn_fail(UHN_ERROR_RANGE, "%s: holds more than the limit of %" PRIu64 " bytes", path, limit));
    }
    g->text[g->size] = '\0';
leave:
    return status;
}

static uhn_status read_stream(const char *path, const uhn_read_limits *limits, char **text)
{
    growing g = {0};
    const int descriptor = is_input(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: cannot be opened: %s", path, strerror(errno));
    const uhn_status status = read_all(path, descriptor, uhn_limit_decoded(limits), &g);
    if (descriptor != STDIN_FILENO)
        close(descriptor);
    *text = g.text;
    return status;
}

static uhn_status read_file(const char *path, const uhn_read_limits *limits, char **text)
{
    uint8_t *bytes;
    size_t size;
    const uhn_status status = uhn_source_load(&(uhn_file){.path = path}, limits, &bytes, &size);
    if (status != UHN_OK)
        return status;
    if (memchr(bytes, '\0', size)) {
        uhn_release(bytes);
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: not text, one item a line", path);
    }
    *text = uhn_allocate(size + 1, 1);
    if (*text)
        memcpy(*text, bytes, size);
    uhn_release(bytes);
    return *text ? UHN_OK : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory for its %zu bytes", path, size);
}

/* Puts a 0 in place of each line's end. */
static void split(cli_lines *lines)
{
    char *to = lines->text;
    for (const char *at = lines->text; *at; lines->count++) {
        size_t length = strcspn(at, "\n");
        const char *next = at + length + (at[length] == '\n');
        length -= length && at[length - 1] == '\r';
        memmove(to, at, length);
        to[length] = '\0';
        to += length + 1;
        at = next;
    }
}

uhn_status cli_read_lines(const char *path, cli_lines *lines)
{
    const uhn_read_limits limits = cli_limits();
    *lines = (cli_lines){0};
    const uhn_status status =
        cli_is_stream(path) ? read_stream(path, &limits, &lines->text) : read_file(path, &limits, &lines->text);
    if (status == UHN_OK)
        split(lines);
    else
        cli_free_lines(lines);
    return status;
}
