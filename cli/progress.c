/* SPDX-License-Identifier: MIT */
#include "progress.h"
#include "terminal.h"

#include <stdio.h>
#include <time.h>

enum { BAR_WIDTH = 30 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void cli_progress_start(cli_progress *progress, const char *what)
{
    *progress = (cli_progress){.what = what, .shown = cli_is_terminal(stderr), .start = now(), .percent = -1};
}

static void put_time(double seconds)
{
    if (seconds < 100)
        fprintf(stderr, "%.0f s left", seconds);
    else
        fprintf(stderr, "%.0f min left", seconds / 60);
}

void cli_progress_show(void *context, double done)
{
    cli_progress *progress = context;
    const int percent = (int)(100 * done);
    if (!progress->shown || percent == progress->percent)
        return;
    progress->percent = percent;
    fprintf(stderr, "\r\033[K%s [", progress->what);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < BAR_WIDTH * done ? '#' : '.', stderr);
    fprintf(stderr, "] %d %%, ", percent);
    if (progress->first == 0) /* what an earlier run had finished tells nothing about the speed */
        progress->first = done;
    const double fresh = done - progress->first, elapsed = now() - progress->start;
    if (fresh > 0)
        put_time(elapsed * (1 - done) / fresh);
    else
        fputs("…", stderr);
    fflush(stderr);
}

void cli_progress_end(cli_progress *progress)
{
    if (progress->shown && progress->percent >= 0)
        fputs("\r\033[K", stderr);
    progress->percent = -1;
}
