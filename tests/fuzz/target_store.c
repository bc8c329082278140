/* SPDX-License-Identifier: MIT
 * A store whose file holds any bytes: opened, looked through, recalled from and changed. What is found sound has to be
 * so in every call. */
#include "fuzz.h"

#include "uhn/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LENGTH_MAX = 64 }; /* of the rows that are asked for */

/* Is it well? If not, is it said why? */
static bool is_well(uhn_status status)
{
    const char *sentence = uhn_error_detail();
    fuzz_require(status == UHN_OK || (status < UHN_STATUS_COUNT && *sentence && !strchr(sentence, '\n')),
                 "refused without one sentence");
    return status == UHN_OK;
}

static void recall_from(const uhn_memory *memory, bool is_sound, const char *similarity, const char *separation)
{
    float queries[LENGTH_MAX] = {0.5f, 1, 0, 0.25f}, answers[LENGTH_MAX];
    uhn_options options;
    uhn_report report;
    uhn_options_default(&options);
    options.threads = 1;
    fuzz_require(uhn_choose_similarity(&options, similarity) == UHN_OK &&
                     uhn_choose_separation(&options, separation) == UHN_OK,
                 "no such similarity or separation");
    const uhn_status status = uhn_recall(memory, queries, 1, 0, &options, answers, 0, &report);
    fuzz_require(is_well(status) || !is_sound, "sound, but not to be recalled from");
    for (size_t i = 0; status == UHN_OK && report.status == UHN_QUERY_OK && i < uhn_memory_value_dim(memory); i++)
        fuzz_require(isfinite(answers[i]), "an answer that is no number");
}

static void look_at(const uhn_store_view *view, bool is_sound)
{
    const uhn_memory *memory = uhn_store_view_memory(view);
    const size_t count = uhn_memory_count(memory);
    size_t length, letters = 0;
    if (uhn_memory_dim(memory) > LENGTH_MAX || uhn_memory_value_dim(memory) > LENGTH_MAX)
        return;
    for (size_t i = 0; i < count && i < 64; i++) {
        float row[LENGTH_MAX], value[LENGTH_MAX];
        const uint64_t id = uhn_store_view_id(view, i);
        const char *label = uhn_store_view_label(view, id, &length);
        for (size_t k = 0; label && k < length; k++)
            letters += label[k] != 0;
        fuzz_require(is_well(uhn_store_get(view, id, row, value)) || !is_sound, "sound, but a row is not there");
    }
    fuzz_require(letters <= 64 * UHN_STORE_LABEL_MAX, "labels beyond the limit");
    if (count == 0)
        return;
    recall_from(memory, is_sound, "dot", "softmax");
    recall_from(memory, is_sound, "manhattan", "max");
}

/* One row more, and the first one gone. What was sound stays so. */
static void change(uhn_store *store, const uhn_store_info *info, bool is_sound)
{
    static const float zeros[LENGTH_MAX];
    uint64_t first;
    if (info->dim > LENGTH_MAX || info->value_dim > LENGTH_MAX)
        return;
    const uhn_store_rows rows = {.rows = zeros, .count = 1, .values = info->value_dim ? zeros : NULL};
    const bool is_added = is_well(uhn_store_add(store, &rows, &first));
    fuzz_require(is_added || !is_sound, "sound, but takes no row");
    const bool is_removed = is_added && is_well(uhn_store_remove(store, &first, 1));
    fuzz_require(is_removed || !is_sound, "sound, but keeps a row");
    fuzz_require(is_well(uhn_store_verify(store, NULL, NULL)) || !is_sound, "no longer sound");
}

void fuzz_run_store(const fuzz_target *target, const uint8_t *bytes, size_t size)
{
    uhn_store *store;
    uhn_store_view *view;
    uhn_store_info info;
    (void)mkdir("kept", 0700);
    unlink("kept/data-1.mdb-lock");
    unlink("kept/data-1.mdb-checked");
    fuzz_write(target->file, bytes, size);
    if (!is_well(uhn_store_open("kept", &store)))
        return;
    const bool is_sound = is_well(uhn_store_verify(store, NULL, NULL));
    const bool is_known = is_well(uhn_store_get_info(store, &info));
    fuzz_require(is_known || !is_sound, "sound, but nothing to tell");
    if (is_well(uhn_store_view_open(store, &view))) {
        look_at(view, is_sound);
        uhn_store_view_close(view);
    } else
        fuzz_require(!is_sound, "sound, but not to be looked at");
    if (is_known)
        change(store, &info, is_sound);
    uhn_store_close(store);
}
