/* SPDX-License-Identifier: MIT */
#include "store/note.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAGIC = 0x4e484355, SETTLED_SECONDS = 1 }; /* "UCHN" */

/* Meant for this machine, until it is started anew, so in its own order of bytes. The time of the last change of
 * anything about a file cannot be set by programs; a copy has another. Who makes a whole file system can set it, but
 * does not know `start`. */
typedef struct note {
    char start[36]; /* the name that the kernel gave itself when it started */
    uint32_t magic, known, unused;
    uint64_t device, inode, size;
    int64_t seconds, nanoseconds;
} note;

static note note_of(const struct stat *file, uhn_sound known)
{
    return (note){.magic = MAGIC,
                  .known = (uint32_t)known,
                  .device = file->st_dev,
                  .inode = file->st_ino,
                  .size = (uint64_t)file->st_size,
                  .seconds = file->st_ctim.tv_sec,
                  .nanoseconds = file->st_ctim.tv_nsec};
}

static bool name_start(note *n)
{
    const int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    const bool named = file >= 0 && read(file, n->start, sizeof n->start) == (ssize_t)sizeof n->start;
    if (file >= 0)
        close(file);
    return named;
}

bool uhn_note_same(const struct stat *before, const struct stat *now)
{
    const note a = note_of(before, UHN_SOUND_ALL), b = note_of(now, UHN_SOUND_ALL);
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Opens the note, if it is one that only this user can have written; else −1. */
static int open_ours(const char *name, int flags)
{
    struct stat about;
    const int file = open(name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (file >= 0 && fstat(file, &about) == 0 && S_ISREG(about.st_mode) && about.st_uid == geteuid() &&
        (about.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return file;
    if (file >= 0)
        close(file);
    return -1;
}

uhn_sound uhn_note_read(const char *name, const struct stat *file)
{
    note found = {0};
    const int kept = open_ours(name, O_RDONLY);
    const bool whole = kept >= 0 && read(kept, &found, sizeof found) == (ssize_t)sizeof found;
    if (kept >= 0)
        close(kept);
    if (!whole || (found.known != UHN_SOUND_TREES && found.known != UHN_SOUND_ALL))
        return UHN_SOUND_UNKNOWN;
    note expected = note_of(file, (uhn_sound)found.known);
    return name_start(&expected) && memcmp(&found, &expected, sizeof found) == 0 ? (uhn_sound)found.known
                                                                                 : UHN_SOUND_UNKNOWN;
}

void uhn_note_write(const char *name, const struct stat *file, uhn_sound known)
{
    note n = note_of(file, known);
    if (!name_start(&n))
        return;
    int kept = open_ours(name, O_WRONLY | O_CREAT);
    if (kept < 0) { /* somebody else's */
        (void)unlink(name);
        kept = open_ours(name, O_WRONLY | O_CREAT | O_EXCL);
    }
    if (kept < 0)
        return;
    (void)!pwrite(kept, &n, sizeof n, 0); /* half a note is none */
    close(kept);
}

bool uhn_note_is_due(const struct stat *file)
{
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec > file->st_ctim.tv_sec + SETTLED_SECONDS;
}
