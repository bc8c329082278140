/* SPDX-License-Identifier: MIT
 * Runs the targets without a fuzzer.
 *   fuzz_replay REGRESSIONS        the seeds, and every file of REGRESSIONS/TARGET/: the test
 *   fuzz_replay --seeds FOLDER     writes the seeds there
 *   fuzz_replay --list             prints the names of the targets
 *   fuzz_replay TARGET FILE…       one input, or some
 * Ends with 1, or by a sanitizer, where there is a finding. */
#include "fuzz.h"

#include "data/dataset.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void run_file(const fuzz_target *target, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    fuzz_require(file && fstat(fileno(file), &about) == 0, path);
    const size_t size = (size_t)about.st_size;
    uint8_t *bytes = malloc(size + 1); /* of the size of the input, so that the sanitizer sees its end */
    uint8_t *exact = size ? realloc(bytes, size) : bytes;
    fuzz_require(exact && fread(exact, 1, size, file) == size, path);
    fclose(file);
    target->run(target, exact, size);
    free(exact);
}

/* All files of a folder; how many there were. */
static size_t run_folder(const fuzz_target *target, const char *root)
{
    char path[4096];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/%s", root, target->name);
    DIR *folder = opendir(path);
    for (const struct dirent *entry; folder && (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", root, target->name, entry->d_name);
        printf("%s\n", path);
        fflush(stdout); /* the last line names the input of a crash */
        run_file(target, path);
        count++;
    }
    if (folder)
        closedir(folder);
    return count;
}

static void check_table(void)
{
    for (size_t i = 0; uhn_reader_at(i); i++)
        fuzz_require(fuzz_find_target(uhn_reader_at(i)->name) != NULL, "a reader has no target");
}

static int replay(const char *regressions)
{
    char *root = realpath(regressions, NULL), seeds[4096];
    fuzz_require(root != NULL, "no folder of regressions");
    check_table();
    fuzz_enter_folder();
    fuzz_require(mkdir("seeds", 0700) == 0 && chdir("seeds") == 0 && getcwd(seeds, sizeof seeds), "no folder");
    fuzz_write_seeds();
    fuzz_require(chdir("..") == 0, "no folder to work in");
    for (size_t i = 0; fuzz_target_at(i); i++) {
        fuzz_require(run_folder(fuzz_target_at(i), seeds) > 0, "a target has no seeds");
        run_folder(fuzz_target_at(i), root);
    }
    free(root);
    fuzz_remove_folder();
    return 0;
}

static int write_seeds(const char *folder)
{
    fuzz_require(chdir(folder) == 0, folder);
    fuzz_write_seeds();
    return 0;
}

static int list(void)
{
    for (size_t i = 0; fuzz_target_at(i); i++)
        puts(fuzz_target_at(i)->name);
    return 0;
}

static int run_files(const char *name, int count, char **paths)
{
    const fuzz_target *target = fuzz_find_target(name);
    fuzz_require(target != NULL, "no such target");
    for (int i = 0; i < count; i++) {
        char *path = realpath(paths[i], NULL);
        fuzz_require(path != NULL, paths[i]);
        fuzz_enter_folder();
        run_file(target, path);
        fuzz_remove_folder();
        free(path);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list();
    if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
        return write_seeds(argv[2]);
    if (argc == 2)
        return replay(argv[1]);
    if (argc > 2)
        return run_files(argv[1], argc - 2, argv + 2);
    fprintf(stderr, "fuzz_replay REGRESSIONS | --seeds FOLDER | --list | TARGET FILE…\n");
    return 2;
}
