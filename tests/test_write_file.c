/* SPDX-License-Identifier: MIT
 * What fails to be written leaves no trace, and nobody ever sees half a file. */
#include "data/dataset.h"
#include "data/write_file.h"
#include "support/check.h"
#include "support/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_sentence(const char *path, int error)
{
    const char *sentence = uhn_error_detail();
    assert_non_null(strstr(sentence, path));
    assert_non_null(strstr(sentence, strerror(error)));
}

static void test_bytes_and_mode(void **state)
{
    (void)state;
    const char *path = in_folder("a.json");
    mode_t before = umask(027);
    uhn_status status = uhn_write_bytes(path, "{}\n", 3);
    umask(before);
    check_ok(status);
    assert_contents(path, "{}\n");
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0640);
    assert_int_equal(files_in_folder(), 1);

    check_ok(uhn_write_bytes(path, "", 0)); /* replaces, also by nothing */
    assert_contents(path, "");
    assert_int_equal(files_in_folder(), 1);
}

static void test_replacing_keeps_mode_and_link(void **state)
{
    (void)state;
    check_ok(uhn_write_bytes(in_folder("real"), "old", 3));
    assert_int_equal(chmod(in_folder("real"), 0600), 0);
    assert_int_equal(symlink("real", in_folder("link")), 0);
    check_ok(uhn_write_bytes(in_folder("link"), "new", 3));
    assert_contents(in_folder("real"), "new");
    struct stat found;
    assert_int_equal(lstat(in_folder("link"), &found), 0);
    assert_true(S_ISLNK(found.st_mode));
    assert_int_equal(stat(in_folder("real"), &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

/* A name as long as names can be leaves no room for an ending, and needs none. */
static void test_longest_name(void **state)
{
    (void)state;
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    check_ok(uhn_write_bytes(in_folder(name), "x", 1));
    assert_contents(in_folder(name), "x");
}

/* While a file is being written nobody sees it, and one that is given up never appears. */
static void test_nothing_half_written(void **state)
{
    (void)state;
    const char *path = in_folder("a");
    check_ok(uhn_write_bytes(path, "old", 3));
    uhn_replacement file;
    check_ok(uhn_replacement_start(&file, path));
    check_ok(uhn_replacement_write(&file, "new and longer", 14));
    assert_contents(path, "old");
    assert_int_equal(uhn_replacement_finish(&file, UHN_ERROR_DOMAIN), UHN_ERROR_DOMAIN);
    assert_contents(path, "old");
    assert_int_equal(files_in_folder(), 1);
}

/* Two at a time do not get into each other's way. */
static void test_two_writers(void **state)
{
    (void)state;
    const char *path = in_folder("a");
    uhn_replacement first, second;
    check_ok(uhn_replacement_start(&first, path));
    check_ok(uhn_replacement_start(&second, path));
    check_ok(uhn_replacement_write(&first, "first", 5));
    check_ok(uhn_replacement_write(&second, "second", 6));
    check_ok(uhn_replacement_finish(&second, UHN_OK));
    assert_contents(path, "second");
    check_ok(uhn_replacement_finish(&first, UHN_OK));
    assert_contents(path, "first");
    assert_int_equal(files_in_folder(), 1);
}

typedef uhn_status write_something(const char *path);

static uhn_status write_npy(const char *path)
{
    static float values[40000];
    return uhn_write_npy_float(path, values, 2, (size_t[]){400, 100});
}

static uhn_status write_png(const char *path)
{
    static float images[784 * 20];
    for (size_t i = 0; i < 784 * 20; i++)
        images[i] = (float)(i * i * 31 % 253) / 253.0f; /* does not compress well */
    const float *columns[] = {images};
    return uhn_write_png_sheet(path, &(uhn_geometry){28, 28, 1, false}, columns, NULL, 1, 20);
}

static uhn_status write_text(const char *path)
{
    static char text[20000];
    return uhn_write_bytes(path, text, sizeof text);
}

static write_something *const writers[] = {write_npy, write_png, write_text};

static void test_full_disk(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    for (size_t i = 0; i < 3; i++) {
        check_refused(UHN_ERROR_ARGUMENT, writers[i]("/dev/full"));
        assert_sentence("/dev/full", ENOSPC);
    }
    struct stat found;
    assert_int_equal(stat("/dev/full", &found), 0);
    assert_true(S_ISCHR(found.st_mode)); /* a device is written, never replaced */
}

/* A disk that fills up half way: the limit on the size of files fails in the same places. */
static void test_disk_fills_up(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit tight = {2000, before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    check_ok(uhn_write_bytes(in_folder("a"), "old", 3));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        uhn_status fresh = writers[i](in_folder("b"));
        uhn_status status = writers[i](in_folder("a"));
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(fresh, UHN_ERROR_ARGUMENT);
        assert_int_equal(status, UHN_ERROR_ARGUMENT);
        assert_sentence(in_folder("a"), EFBIG);
        assert_contents(in_folder("a"), "old");
        assert_int_equal(files_in_folder(), 1);
    }
    signal(SIGXFSZ, handler);
}

static void test_bad_paths(void **state)
{
    (void)state;
    check_ok(uhn_write_bytes(in_folder("file"), "x", 1));
    for (size_t i = 0; i < 3; i++) {
        check_refused(UHN_ERROR_ARGUMENT, writers[i](folder_path()));
        assert_sentence(folder_path(), EISDIR);
        check_refused(UHN_ERROR_ARGUMENT, writers[i](in_folder("missing/a")));
        assert_sentence("missing/a", ENOENT);
        check_refused(UHN_ERROR_ARGUMENT, writers[i](in_folder("file/a")));
        assert_sentence("file/a", ENOTDIR);
        check_refused(UHN_ERROR_ARGUMENT, writers[i](""));
        assert_sentence("", ENOENT);
    }
    assert_int_equal(files_in_folder(), 1);
}

/* Nothing is forbidden to root, which therefore becomes somebody else for a while. */
static void test_no_permission(void **state)
{
    (void)state;
    const bool root = geteuid() == 0;
    const uid_t nobody = 65534;
    assert_int_equal(mkdir(in_folder("locked"), 0555), 0);
    check_ok(uhn_write_bytes(in_folder("read-only"), "old", 3));
    assert_int_equal(chmod(in_folder("read-only"), 0444), 0);
    assert_int_equal(chmod(folder_path(), 0777), 0);

    assert_int_equal(root ? seteuid(nobody) : 0, 0);
    uhn_status in_locked = write_text(in_folder("locked/a"));
    const bool says_why = strstr(uhn_error_detail(), strerror(EACCES)) && strstr(uhn_error_detail(), "locked/a");
    uhn_status over_read_only = write_text(in_folder("read-only"));
    assert_int_equal(root ? seteuid(0) : 0, 0);

    assert_int_equal(in_locked, UHN_ERROR_ARGUMENT);
    assert_true(says_why);
    assert_int_equal(over_read_only, UHN_ERROR_ARGUMENT);
    assert_sentence("read-only", EACCES);
    assert_contents(in_folder("read-only"), "old");
    assert_int_equal(files_in_folder(), 2);
}

static void test_pipe_is_written_directly(void **state)
{
    (void)state;
    int ends[2];
    char path[64], text[8] = "";
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    if (access(path, W_OK) == 0) {
        check_ok(uhn_write_bytes(path, "through", 7));
        assert_int_equal(read(ends[0], text, 7), 7);
        assert_string_equal(text, "through");
    }
    close(ends[0]);
    close(ends[1]);
}

/* "--out /dev/stdout > file": the shell's file is written where it stands, not replaced behind its back. */
static void test_own_output(void **state)
{
    (void)state;
    const char *path = in_folder("log");
    check_ok(uhn_write_bytes(path, "head\n", 5));
    fflush(stdout);
    int saved = dup(STDOUT_FILENO), log = open(path, O_WRONLY | O_APPEND);
    assert_true(saved >= 0 && log >= 0);
    assert_true(dup2(log, STDOUT_FILENO) >= 0);
    uhn_status status = uhn_write_bytes("/dev/stdout", "tail\n", 5);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    close(saved);
    close(log);
    check_ok(status);
    assert_contents(path, "head\ntail\n");
}

#define IN_FOLDER(test) cmocka_unit_test_teardown(test, folder_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_bytes_and_mode), IN_FOLDER(test_replacing_keeps_mode_and_link),
        IN_FOLDER(test_longest_name),   IN_FOLDER(test_nothing_half_written),
        IN_FOLDER(test_two_writers),    IN_FOLDER(test_full_disk),
        IN_FOLDER(test_disk_fills_up),  IN_FOLDER(test_bad_paths),
        IN_FOLDER(test_no_permission),  IN_FOLDER(test_pipe_is_written_directly),
        IN_FOLDER(test_own_output),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
