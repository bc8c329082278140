/* SPDX-License-Identifier: MIT
 * Runs gnuplot. Script, figure and complaints go through nameless files, not pipes: nobody waits for anybody. */
#include "lab/gnuplot.h"

#include "base/allocate.h"
#include "base/status.h"
#include "data/dataset.h"
#include "lab/utf8.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

/* What each format is called, and how its files end: gnuplot does not notice when the disk is full. */
static const struct {
    const char *extension, *ending;
} formats[UHN_FIGURE_FORMAT_COUNT] = {
    [UHN_FIGURE_SVG] = {"svg", "</svg>\n"},
    [UHN_FIGURE_PNG] = {"png", "IEND\xae\x42\x60\x82"},
    [UHN_FIGURE_PDF] = {"pdf", "%%EOF\n"},
};

const char *uhn_figure_extension(uhn_figure_format format)
{
    return (unsigned)format < UHN_FIGURE_FORMAT_COUNT ? formats[format].extension : "unknown";
}

uhn_status uhn_find_figure_format(const char *name, uhn_figure_format *format)
{
    for (int i = 0; i < UHN_FIGURE_FORMAT_COUNT; i++)
        if (strcmp(name, formats[i].extension) == 0) {
            *format = (uhn_figure_format)i;
            return UHN_OK;
        }
    return uhn_fail(UHN_ERROR_NAME, "unknown figure format \"%s\"; known are svg, png and pdf", name);
}

uhn_status uhn_figure_format_of(const char *path, uhn_figure_format *format)
{
    const char *dot = strrchr(path, '.');
    for (int i = 0; dot && dot != path && i < UHN_FIGURE_FORMAT_COUNT; i++)
        if (strcasecmp(dot + 1, formats[i].extension) == 0) {
            *format = (uhn_figure_format)i;
            return UHN_OK;
        }
    return uhn_fail(UHN_ERROR_NAME, "%s is no name of a figure: it must end in .svg, .png or .pdf", path);
}

static const uhn_terminal terminals[UHN_FIGURE_FORMAT_COUNT] = {
    [UHN_FIGURE_SVG] = {"svg", "standalone background rgb 'white'", 1, 0.8, 0.6},
    [UHN_FIGURE_PNG] = {"pngcairo", "fontscale 1.5 linewidth 2 pointscale 2 background rgb 'white'", 2, 1.2, 0.1},
    [UHN_FIGURE_PDF] = {"pdfcairo", "fontscale 0.45 linewidth 1.2 pointscale 0.6", 1 / 120.0, 1.4, 0.3},
};

const uhn_terminal *uhn_terminal_of(uhn_figure_format format)
{
    return &terminals[format];
}

void uhn_add_terminal(uhn_text *script, uhn_figure_format format, double width, double height)
{
    const uhn_terminal *own = &terminals[format];
    uhn_text_add(script, "set terminal %s size %.6g,%.6g font 'sans-serif,13' %s\nset encoding utf8\n", own->name,
                 width * own->unit, height * own->unit, own->more);
}

void uhn_add_quoted(uhn_text *script, const char *string)
{
    char *whole = uhn_to_utf8(string ? string : ""); /* other bytes make an SVG that nothing opens */
    script->failed = script->failed || !whole;
    uhn_text_append(script, "'", 1);
    for (const char *at = whole; at && *at; at++) {
        char letter = (char)((unsigned char)*at < ' ' ? ' ' : *at);
        uhn_text_append(script, &letter, 1);
        if (letter == '\'')
            uhn_text_append(script, "'", 1);
    }
    uhn_text_append(script, "'", 1);
    uhn_release(whole);
}

void uhn_add_margins(uhn_text *script, double width, double height, double left, double right, double top,
                     double bottom)
{
    uhn_text_add(script,
                 "set lmargin at screen %.6f\nset rmargin at screen %.6f\nset tmargin at screen %.6f\n"
                 "set bmargin at screen %.6f\n",
                 left / width, right / width, 1 - top / height, 1 - bottom / height);
}

/* The three files of a child process. */
typedef struct gnuplot_files {
    FILE *script, *figure, *complaints;
} gnuplot_files;

static void close_files(gnuplot_files *files)
{
    FILE *const all[] = {files->script, files->figure, files->complaints};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i])
            fclose(all[i]);
}

static uhn_status open_files(gnuplot_files *files, const uhn_text *script)
{
    files->script = tmpfile();
    files->figure = files->script ? tmpfile() : NULL;
    files->complaints = files->figure ? tmpfile() : NULL;
    if (!files->complaints || fwrite(script->bytes, 1, script->length, files->script) != script->length ||
        fflush(files->script) != 0 || fseek(files->script, 0, SEEK_SET) != 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "cannot write a temporary file for gnuplot: %s", strerror(errno));
    return UHN_OK;
}

/* Everything in `file`, with a 0 behind it. */
static uhn_status read_all(FILE *file, uhn_text *text)
{
    char block[8192];
    size_t count;
    if (fseek(file, 0, SEEK_SET) != 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "cannot read what gnuplot wrote: %s", strerror(errno));
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        uhn_text_append(text, block, count);
    if (ferror(file))
        return uhn_fail(UHN_ERROR_ARGUMENT, "cannot read what gnuplot wrote: %s", strerror(errno));
    return uhn_text_status(text, "a figure");
}

static uhn_status refuse_start(int error)
{
    if (error == ENOENT)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "gnuplot, which draws the figures, is not installed; install it "
                                               "(on Debian: apt-get install gnuplot-nox) and repeat the command");
    return uhn_fail(UHN_ERROR_ARGUMENT, "cannot run gnuplot: %s", strerror(error));
}

/* Runs it to its end; 0 or an errno, and how it ended. `-d`: the user's own settings change nothing. */
static int spawn(const gnuplot_files *files, int *ended)
{
    char name[] = "gnuplot", defaults[] = "-d";
    char *const arguments[] = {name, defaults, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawn_file_actions_adddup2(&actions, fileno(files->script), STDIN_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, fileno(files->figure), STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, fileno(files->complaints), STDERR_FILENO);
    if (!error)
        error = posix_spawnp(&child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    while (!error && waitpid(child, ended, 0) < 0)
        if (errno != EINTR)
            error = errno;
    return error;
}

/* The first line in which gnuplot says what is wrong: after the script's line and a caret under it. */
static uhn_status refuse_figure(FILE *complaints, int ended)
{
    uhn_text text = {0};
    uhn_status status = read_all(complaints, &text);
    if (status == UHN_OK && WIFSIGNALED(ended))
        status = uhn_fail(UHN_ERROR_ARGUMENT, "gnuplot was ended by signal %d", WTERMSIG(ended));
    else if (status == UHN_OK) {
        const char *line = text.bytes ? strstr(text.bytes, "line ") : NULL;
        if (!line)
            line = text.bytes ? text.bytes + strspn(text.bytes, " \n") : "it gives no reason";
        status = uhn_fail(UHN_ERROR_ARGUMENT, "gnuplot failed: %.*s", (int)strcspn(line, "\n"), line);
    }
    uhn_text_release(&text);
    return status;
}

static uhn_status run_gnuplot(const uhn_text *script, uhn_text *figure)
{
    gnuplot_files files = {0};
    int ended = 0;
    uhn_status status;
    UHN_TRY(open_files(&files, script));
    int error = spawn(&files, &ended);
    if (error)
        status = refuse_start(error);
    else if (WIFEXITED(ended) && WEXITSTATUS(ended) == 127)
        status = refuse_start(ENOENT); /* where starting and failing to start cannot be told apart */
    else if (ended != 0)
        status = refuse_figure(files.complaints, ended);
    else
        status = read_all(files.figure, figure);
leave:
    close_files(&files);
    return status;
}

static bool is_whole(const uhn_text *figure, uhn_figure_format format)
{
    const char *ending = formats[format].ending;
    size_t length = strlen(ending), after = figure->length;
    while (format != UHN_FIGURE_PNG && after > 0 && figure->bytes[after - 1] == '\n' && after > length &&
           figure->bytes[after - 2] == '\n')
        after--;
    return after >= length && memcmp(figure->bytes + after - length, ending, length) == 0;
}

/* XML text. */
static void add_escaped(uhn_text *text, const char *string)
{
    for (; *string; string++) {
        if (*string == '<' || *string == '&')
            uhn_text_add(text, *string == '<' ? "&lt;" : "&amp;");
        else
            uhn_text_append(text, (unsigned char)*string < ' ' ? " " : string, 1);
    }
}

/* gnuplot's release in the SVG gives way to what the figure shows. */
static uhn_status describe(const uhn_text *figure, const char *title, const char *description, uhn_text *described)
{
    const char *start = strstr(figure->bytes, "<title>");
    const char *end = start ? strstr(start, "</desc>") : NULL;
    if (!end)
        return uhn_fail(UHN_ERROR_ARGUMENT, "gnuplot wrote an SVG without a description, which is not expected");
    uhn_text_append(described, figure->bytes, (size_t)(start - figure->bytes));
    uhn_text_add(described, "<title>");
    add_escaped(described, title);
    uhn_text_add(described, "</title>\n<desc>");
    add_escaped(described, description);
    uhn_text_append(described, end, figure->length - (size_t)(end - figure->bytes));
    return uhn_text_status(described, "a figure");
}

uhn_status uhn_draw_script(const uhn_text *script, const char *path, uhn_figure_format format, const char *title,
                           const char *description)
{
    uhn_text figure = {0}, described = {0};
    uhn_status status;
    UHN_TRY(uhn_text_status(script, path));
    UHN_TRY(run_gnuplot(script, &figure));
    if (!is_whole(&figure, format))
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "gnuplot did not finish %s; is there room for temporary files?", path));
    if (format == UHN_FIGURE_SVG)
        UHN_TRY(describe(&figure, title, description, &described));
    const uhn_text *whole = format == UHN_FIGURE_SVG ? &described : &figure;
    status = uhn_write_bytes(path, whole->bytes, whole->length);
leave:
    uhn_text_release(&figure);
    uhn_text_release(&described);
    return status;
}
