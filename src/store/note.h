/* SPDX-License-Identifier: MIT
 * Looking at every page of the trees takes time that grows with the store. So what was found is noted beside the file,
 * data-N.mdb-checked, together with what the file was then: as long as it has not been changed but by writers of ours,
 * who note it anew, nobody has to look again. */
#ifndef UHN_STORE_NOTE_H
#define UHN_STORE_NOTE_H

#include <stdbool.h>
#include <sys/stat.h>

#define UHN_NOTE_SUFFIX "-checked"

/* What is known of a file's pages. */
typedef enum uhn_sound {
    UHN_SOUND_UNKNOWN,
    UHN_SOUND_TREES, /* those that a reader comes to */
    UHN_SOUND_ALL    /* and the list of unused ones, which writers trust */
} uhn_sound;

/* What the note at `name` says of a file that now is as `file` says. A note counts if it is by this user, nobody else
 * could have written it, and the file has been neither changed nor replaced since. */
uhn_sound uhn_note_read(const char *name, const struct stat *file);

/* Notes it. Where that cannot be done, the next one has to look again. */
void uhn_note_write(const char *name, const struct stat *file, uhn_sound known);

/* Has the file been neither changed nor replaced between the two? */
bool uhn_note_same(const struct stat *before, const struct stat *now);

/* Has the file been left alone for so long that a change from now on would show? Times of files go on in steps of some
 * milliseconds. */
bool uhn_note_is_due(const struct stat *file);

#endif
