/* SPDX-License-Identifier: MIT
 * A user's program with a store: keeps three patterns in the folder that it is given, recalls one and checks it. */
#include <stdio.h>
#include <uhn/store.h>

static const float patterns[3][4] = {{1, 0, 0, 0}, {0, 1, 1, 0}, {0, 0, 0, 1}}, query[4] = {0.1F, 0.9F, 0.7F, 0.2F};

int main(int argc, char **argv)
{
    const uhn_store_rows rows = {.rows = patterns, .count = 3};
    uhn_store *store = NULL;
    uhn_store_view *view = NULL;
    uhn_report report = {.best = 0};
    float answer[4];
    const char *path = argc > 1 ? argv[1] : "patterns";
    uhn_status status = uhn_store_create(path, UHN_FLOAT32, 4, 0, "manhattan");
    if (status == UHN_OK)
        status = uhn_store_open(path, &store);
    if (status == UHN_OK)
        status = uhn_store_add(store, &rows, NULL);
    if (status == UHN_OK)
        status = uhn_store_view_open(store, &view);
    if (status == UHN_OK)
        status = uhn_recall(uhn_store_view_memory(view), query, 1, 0, NULL, answer, 0, &report);
    if (status != UHN_OK)
        fprintf(stderr, "%s: %s\n", uhn_status_text(status), uhn_error_detail());
    const int failed = status != UHN_OK || report.best != 1 || uhn_store_view_id(view, report.best) != 1;
    uhn_store_view_close(view);
    uhn_store_close(store);
    return failed;
}
