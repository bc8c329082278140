/* SPDX-License-Identifier: MIT
 * A sample of the golden cases through the command: `uhn recall`, files in and files out. Every similarity, every
 * separation and every status of every group occurs in it. */
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "support/golden_group.h"

enum { SAMPLE_MIN = 200, EVERY = 8, SEEN_MAX = 400, PATH = 1200, ARGUMENTS = 24 };

extern char **environ;

typedef struct sample {
    const char *command;
    char folder[64]; /* of this run's files */
    char seen[SEEN_MAX][2 * GOLDEN_TEXT];
    size_t seen_count, run, failures;
} sample;

/* True the first time that the group has something of this name. */
static bool is_new(sample *s, const char *group, const char *what)
{
    char text[2 * GOLDEN_TEXT];

    snprintf(text, sizeof text, "%s/%s", group, what);
    for (size_t i = 0; i < s->seen_count; i++)
        if (strcmp(s->seen[i], text) == 0)
            return false;
    assert_in_range(s->seen_count, 0, SEEN_MAX - 1);
    memcpy(s->seen[s->seen_count++], text, sizeof text);
    return true;
}

static bool belongs(sample *s, const char *group, const cJSON *one, size_t index)
{
    const cJSON *status, *statuses = cJSON_GetObjectItemCaseSensitive(one, "status");
    bool new_similarity = is_new(s, group, golden_string(one, "sim"));
    bool new_separation = is_new(s, group, golden_string(one, "sep"));
    bool new_status = false;

    cJSON_ArrayForEach(status, statuses)
    {
        new_status |= is_new(s, group, cJSON_GetStringValue(status));
    }
    return new_similarity || new_separation || new_status || index % EVERY == 0;
}

static void file_of(const sample *s, const char *name, char path[PATH])
{
    snprintf(path, PATH, "%s/%s", s->folder, name);
}

/* Runs the command with standard output in FOLDER/json; its exit status. */
static int run_command(const sample *s, const char *const arguments[])
{
    char path[PATH];
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;

    file_of(s, "json", path);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path, O_WRONLY | O_CREAT | O_TRUNC, 0600), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0), 0);
    assert_int_equal(posix_spawn(&child, s->command, &actions, NULL, (char *const *)(uintptr_t)arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static cJSON *read_report(const sample *s)
{
    static char text[1 << 16];
    char path[PATH];
    FILE *file;
    size_t size;

    file_of(s, "json", path);
    file = fopen(path, "rb");
    assert_non_null(file);
    size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    return cJSON_Parse(text);
}

/* The command line of a case. */
static void write_arguments(const sample *s, const golden_group_data *group, const cJSON *one, const char *memory,
                            const char *arguments[ARGUMENTS])
{
    static char similarity[GOLDEN_TEXT], separation[GOLDEN_TEXT], query[PATH], values[PATH], out[PATH];
    const cJSON *norm = cJSON_GetObjectItemCaseSensitive(one, "norm");
    bool paper = strcmp(group->name, "paper") == 0, iterate = cJSON_HasObjectItem(one, "data");
    size_t count = 0;

    golden_similarity(one, similarity);
    golden_separation(one, separation);
    snprintf(query, sizeof query, "%s/q_%s.npy", group->golden.folder, group->name);
    snprintf(values, sizeof values, "%s/P_%s.npy", group->golden.folder,
             strcmp(group->name, "edge") == 0 ? "pos" : group->name);
    file_of(s, "z.npy", out);
    const char *const fixed[] = {s->command, "recall",       "--memory", memory,  "--query", query,   "--similarity",
                                 similarity, "--separation", separation, "--out", out,       "--json"};

    for (; count < sizeof fixed / sizeof fixed[0]; count++)
        arguments[count] = fixed[count];
    if (group->values != NULL) {
        arguments[count++] = "--values";
        arguments[count++] = values;
    }
    if (paper) {
        arguments[count++] = "--compat";
        arguments[count++] = "paper";
    }
    if (iterate) {
        arguments[count++] = "--iterate";
        arguments[count++] = "5";
        arguments[count++] = "--query-rows";
        arguments[count++] = "0:3";
    }
    if (cJSON_IsTrue(norm))
        arguments[count++] = "--normalise-scores";
    if (cJSON_IsTrue(norm) || (cJSON_IsString(norm) && strcmp(norm->valuestring, "sum") == 0))
        arguments[count++] = "--normalise-weights";
    arguments[count] = NULL;
}

/* What the command wrote must be what the library gives, to the bit, and the statuses those of the manifest. Where the
 * manifest has a tolerance, the answer is held against the reference as well. */
static bool check_files(const sample *s, const golden_group_data *group, const cJSON *one, const float *expected,
                        const double *reference)
{
    char path[PATH];
    cJSON *report = read_report(s);
    const cJSON *queries = cJSON_GetObjectItemCaseSensitive(report, "queries");
    size_t width = group->value_dim;
    bool good = cJSON_GetArraySize(queries) == (int)group->query_count;
    npy z;

    file_of(s, "z.npy", path);
    assert_true(npy_read(path, &z));
    assert_int_equal(z.count, group->query_count * width);
    for (size_t q = 0; good && q < group->query_count; q++) {
        uhn_query_status should = golden_status(one, q);
        const char *is = golden_string(cJSON_GetArrayItem(queries, (int)q), "status");
        const double *row = z.values + q * width;

        if (strcmp(group->name, "paper") != 0 && strcmp(is, uhn_query_status_text(should)) != 0) {
            golden_complain(group->name, one, q, is, 0, should, 0);
            good = false;
        }
        for (size_t o = 0; good && o < width; o++)
            if (!same_float((float)row[o], expected[q * width + o])) {
                golden_complain(group->name, one, q, "z of the command", row[o], (double)expected[q * width + o], 0);
                good = false;
            }
        if (good && reference != NULL && golden_answered(should))
            good = row_near(group, one, q, "z", row, reference + q * width, width, golden_number(one, "tol32", 0));
    }
    npy_free(&z);
    cJSON_Delete(report);
    return good;
}

static bool run_case(const sample *s, const golden_group_data *group, const cJSON *one, size_t index)
{
    char memory_path[PATH];
    const char *arguments[ARGUMENTS];
    bool zeroed = strcmp(group->name, "paper") == 0 && strcmp(golden_string(one, "memory"), "M_pos") != 0, good;
    bool tolerance = cJSON_HasObjectItem(one, "tol32");
    float *out = test_allocate(group->query_count * group->value_dim, sizeof *out);
    float *rows = npy_floats(&group->m);
    uhn_memory *memory = NULL;
    uhn_options options;
    int status;

    snprintf(memory_path, sizeof memory_path, "%s/M_%s.npy", group->golden.folder,
             strcmp(group->name, "paper") == 0 ? "pos" : group->name);
    if (zeroed) {
        memset(rows + 3 * group->dim, 0, group->dim * sizeof *rows);
        file_of(s, "zeroed.npy", memory_path);
        assert_true(npy_write_floats(memory_path, rows, group->rows_count, group->dim));
    }
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, group->rows_count, group->dim, 0, group->values,
                               group->values != NULL ? group->value_dim : 0, 0, &memory));
    golden_options(one, &options);
    if (cJSON_HasObjectItem(one, "data"))
        options.steps = 5;
    check_ok(uhn_recall(memory, group->queries, group->query_count, 0, &options, out, 0, NULL));
    write_arguments(s, group, one, memory_path, arguments);
    status = run_command(s, arguments);
    if (status != 0)
        golden_complain(group->name, one, 0, "exit status", status, 0, 0);
    good =
        status == 0 && check_files(s, group, one, out,
                                   tolerance ? group->z.values + index * group->query_count * group->value_dim : NULL);
    uhn_memory_destroy(memory);
    free(rows);
    free(out);
    return good;
}

static void run_group(sample *s, const char *name, const char *values)
{
    golden_group_data group;
    size_t index = 0, before = s->run;
    const cJSON *one;

    assert_true(group_open(&group, name, values, false));
    cJSON_ArrayForEach(one, golden_cases(&group.golden, name))
    {
        if (belongs(s, name, one, index)) {
            s->failures += !run_case(s, &group, one, index);
            s->run++;
        }
        index++;
    }
    print_message("group %s: %zu of %zu cases through the command\n", name, s->run - before, index);
    group_close(&group);
}

/* Five steps of recall for the first three queries. */
static void run_iterated(sample *s, const golden_set *golden)
{
    size_t before = s->run;
    const cJSON *one;

    cJSON_ArrayForEach(one, golden_cases(golden, "iterate"))
    {
        golden_group_data group;

        assert_true(group_open(&group, golden_string(one, "data"), NULL, false));
        group.query_count = 3;
        s->failures += !run_case(s, &group, one, 0);
        s->run++;
        group_close(&group);
    }
    print_message("group iterate: %zu cases through the command\n", s->run - before);
}

static void remove_files(const sample *s)
{
    static const char *const names[] = {"json", "z.npy", "zeroed.npy"};
    char path[PATH];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        file_of(s, names[i], path);
        unlink(path);
    }
    rmdir(s->folder);
}

static void test_command(void **state)
{
    static sample s;
    golden_set golden;

    (void)state;
    s.command = getenv("UHN_COMMAND");
    if (!golden_open(&golden))
        skip();
    if (s.command == NULL || s.command[0] == '\0') {
        golden_close(&golden);
        print_message("skipped: UHN_COMMAND does not say where the command is\n");
        skip();
    }
    snprintf(s.folder, sizeof s.folder, "/tmp/uhn-golden-XXXXXX");
    assert_non_null(mkdtemp(s.folder));
    run_group(&s, "pos", "pos");
    run_group(&s, "signed", "signed");
    run_group(&s, "bits", "bits");
    run_group(&s, "edge", "pos");
    run_group(&s, "paper", NULL);
    run_iterated(&s, &golden);
    golden_close(&golden);
    remove_files(&s);
    print_message("%zu cases through the command, %zu disagreements\n", s.run, s.failures);
    assert_int_equal(s.failures, 0);
    assert_in_range(s.run, SAMPLE_MIN, GOLDEN_CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_command)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
