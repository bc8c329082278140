/* SPDX-License-Identifier: MIT
 * Where the fuzzer starts from: small inputs of each kind that is accepted, made here. */
#include "fuzz.h"

#include "support/archives.h"

#include "uhn/dynamics.h"
#include "uhn/store.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const scratch here = {"."};

static void write_arrays(void)
{
    static const uint8_t bytes[64] = {1, 2, 0, 0x40, 5, 6, 7, 0x3f, 9, 10};
    static const struct {
        const char *name;
        int version;
        const char *dictionary;
        size_t size;
    } files[] = {{"npy/f4", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24},
                 {"npy/f8", 2, "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 2, 2), }", 64},
                 {"npy/u1", 3, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 3), }", 12},
                 {"npy/b1", 1, "{'descr': '|b1', 'fortran_order': False, 'shape': (7,), }", 7},
                 {"npy/images", 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 3, 2, 2), }", 12},
                 {"table/square", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }", 36},
                 {"table/double", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 4), }", 64},
                 {"table/row", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", 4}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        scratch_npy(&here, files[i].name, files[i].version, files[i].dictionary, bytes, files[i].size);

    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1};
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 9, 8, 7, 6};
    static const uint8_t doubles[] = {0, 0, 0x0e, 1, 0, 0, 0, 1, 0x40, 9, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18};
    scratch_write(&here, "idx/labels", labels, sizeof labels);
    scratch_write(&here, "idx/images", images, sizeof images);
    scratch_write(&here, "idx/doubles", doubles, sizeof doubles);
    scratch_write_gzip(&here, "idx/gzip", images, sizeof images);
    scratch_write_gzip(&here, "gzip/short", labels, sizeof labels);

    static uint8_t records[2 * 3074];
    scratch_write_gzip(&here, "gzip/zeros", records, sizeof records);
    records[0] = 9;
    records[1] = 99;
    scratch_write(&here, "cifar/ten", records, 3073);
    scratch_write(&here, "cifar/hundred", records, sizeof records);
    scratch_write_gzip(&here, "cifar/gzip", records, 3073);
}

static void write_images(void)
{
    static const uint8_t rows[8 * 8 * 8] = {1, 2, 3, 255, 200, 100, 50, 25};
    static const struct {
        const char *name;
        int type, depth;
        bool interlaced;
    } pngs[] = {
        {"png/gray", PNG_COLOR_TYPE_GRAY, 8, false},        {"png/bits", PNG_COLOR_TYPE_GRAY, 1, true},
        {"png/palette", PNG_COLOR_TYPE_PALETTE, 2, false},  {"png/rgb", PNG_COLOR_TYPE_RGB, 8, true},
        {"png/alpha", PNG_COLOR_TYPE_RGB_ALPHA, 16, false}, {"png/gray-alpha", PNG_COLOR_TYPE_GRAY_ALPHA, 8, false}};
    for (size_t i = 0; i < sizeof pngs / sizeof *pngs; i++)
        scratch_png(&here, pngs[i].name, 8, 8, pngs[i].type, pngs[i].depth, pngs[i].interlaced, rows);
    scratch_jpeg(&here, "jpeg/gray", 8, 8, 1, false, rows);
    scratch_jpeg(&here, "jpeg/rgb", 9, 7, 3, false, rows);
    scratch_jpeg(&here, "jpeg/progressive", 8, 8, 3, true, rows);
    scratch_jpeg(&here, "jpeg/cmyk", 8, 8, 4, false, rows);
}

static void write_archives(void)
{
    static const uint8_t rows[8 * 8] = {1, 2, 3, 255};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1};
    const char *image = scratch_png(&here, "png/member", 8, 8, PNG_COLOR_TYPE_GRAY, 8, false, rows);
    const archive_member a = archive_member_of("a/1.png", image), b = archive_member_of("b/1.png", image);
    const archive_member images[] = {a, b},
                         links[] = {a, {.name = "b/2.png", .hard = "a/1.png"}, {.name = "c", .symbolic = "../x"}},
                         one[] = {{.name = "labels", .bytes = labels, .size = sizeof labels}},
                         pipe[] = {{.name = "p", .is_pipe = true}};
    archive_write(&here, "archive/tar", "ustar", NULL, NULL, images, 2);
    archive_write(&here, "archive/gzip", "pax", "gzip", NULL, links, 3);
    archive_write(&here, "archive/zip", "zip", NULL, NULL, images, 2);
    archive_write(&here, "archive/labels", "zip", NULL, NULL, one, 1);
    archive_write(&here, "archive/pipe", "ustar", "xz", NULL, pipe, 1);
    free((void *)(uintptr_t)a.bytes);
    free((void *)(uintptr_t)b.bytes);
}

/* Entries of a folder, as target_readers.c takes them: kind, length of the name − 1, the name, and what it needs. */
static void write_folders(void)
{
    static const char flat[] = "\0\4a.png\0\0\4b.png\0\0\0.\0";
    static const char classes[] = "\1\0a\0\1x\0\4\0r\1\0b\0\1y\0";
    static const char links[] = "\0\0a\0\2\0l\1a\2\0m\3../\2\0z\1z\2\0d\1.\3\0p";
    static const char damaged[] = "\0\0a\0\0\0b\3abc";
    scratch_write(&here, "folder/flat", flat, sizeof flat - 1);
    scratch_write(&here, "folder/classes", classes, sizeof classes - 1);
    scratch_write(&here, "folder/links", links, sizeof links - 1);
    scratch_write(&here, "folder/damaged", damaged, sizeof damaged - 1);
}

static void write_texts(void)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        {"arguments/all",
         "--text\nfile\n--flag\n--number=0.5\n--whole\n7\n--word=sign\n--may-omit\n--rows\n2:9\noperand"},
        {"arguments/other", "--text=a\n--other\nb\n--may-omit=absolute\n--rows=:5\n--\n--operand\n-"},
        {"arguments/help", "--help"},
        {"arguments/mistakes", "--txt\n--number\nnan\n--whole=1e3\n--rows=a:b"},
        {"command/recall", "recall\n--memory\nm.npy\n--query\nq.npy\n--similarity\nminkowski:p=3\n--beta\n2\n--json"},
        {"command/values", "recall\n--memory=m.npy\n--values=p.npy\n--query=q.npy\n--observed=o.npy\n--out=z.npy"},
        {"command/table", "recall\n--memory=m.npy\n--query=q.npy\n--similarity=table:file=t.npy,low=0\n--top-k=2"},
        {"command/sheet", "recall\n--memory=m.npy\n--query=q.npy\n--original=q.npy\n--sheet=s.png\n--iterate=3\n"
                          "--trajectory=t.npy\n--preset=mchn:beta=4\n--tolerance=0.1\n--output=clamp"},
        {"command/corrupt", "corrupt\n--in=m.npy\n--noise=0.5\n--rows=1:3\n--seed=4\n--out=z.png"},
        {"command/learn", "learn\n--clean=m.npy\n--corrupted=m.npy\n--bins=4\n--out=t.npy"},
        {"command/learn-data", "learn\n--data=m.npy\n--mask=0.5\n--examples=2\n--out=t.npy\n--json"},
        {"command/list", "list\nsimilarities\n--json"},
        {"command/info", "info\nm.npy\n--json"},
        {"results/small",
         "{\"experiment\":\"noise\",\"dataset\":\"d\",\"protocol\":\"uhn\",\"runs\":2,\"seed\":1,\"version\":\"0\","
         "\"x\":{\"name\":\"n\",\"logarithmic\":false,\"values\":[1,2.5]},\"series\":[{\"name\":\"a\",\"kind\":"
         "\"measured\",\"criteria\":{\"paper\":{\"mean\":[1,null],\"sd\":[0,0]},\"identified\":{\"mean\":[1,1],\"sd\":"
         "[0,0]},\"memorized\":{\"mean\":[1,1],\"sd\":[0,0]},\"normalised_error\":{\"mean\":[1,1],\"sd\":[0,0]},"
         "\"undefined\":{\"mean\":[1,1],\"sd\":[0,0]}}}],\"baseline\":{\"name\":\"b\",\"kind\":\"baseline\","
         "\"criteria\":"
         "{\"paper\":{\"mean\":[1,1],\"sd\":[0,0]},\"identified\":{\"mean\":[1,1],\"sd\":[0,0]},\"memorized\":{"
         "\"mean\":"
         "[1,1],\"sd\":[0,0]},\"normalised_error\":{\"mean\":[1,1],\"sd\":[0,0]},\"undefined\":{\"mean\":[1,1],\"sd\":"
         "[0,0]}}},\"headline\":\"identified\",\"command\":\"c\",\"isa\":\"avx2\",\"threads\":2,\"seconds\":0.5}"},
        {"cell/whole", "[[1,0.5,null,0,1],[1,0.5,0,0,1],[0,0,0,0,0]]"},
        {"cell/short", "[[1,0.5,null,0,1],[1,0.5]]"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        scratch_write(&here, files[i].name, files[i].text, strlen(files[i].text));
}

/* A store of a few rows, of which one has been removed: its file. */
static void write_store(const char *name, uhn_storage storage, size_t value_dim)
{
    static const float rows[6][6] = {{0.5f, 1}, {0, 0.25f}, {1, 1, 1}, {0, 0, 0, 1}, {0.75f}, {0, 0, 0, 0, 0, 1}};
    static const char *const labels[6] = {"one", NULL, "three", NULL, NULL, "six"};
    const uhn_store_rows added = {.rows = rows,
                                  .count = 6,
                                  .row_stride = uhn_row_bytes(storage, 6),
                                  .values = value_dim ? rows[0] : NULL,
                                  .value_stride = sizeof rows[0],
                                  .labels = labels};
    const uint64_t removed = 1;
    char file[96], seed[96];
    uhn_store *store = NULL;
    snprintf(file, sizeof file, "%s-store/data-1.mdb", name);
    snprintf(seed, sizeof seed, "store/%s", name);
    *strchr(file, '/') = 0;
    fuzz_require(uhn_store_create(file, storage, 6, value_dim, "manhattan") == UHN_OK &&
                     uhn_store_open(file, &store) == UHN_OK && uhn_store_add(store, &added, NULL) == UHN_OK &&
                     uhn_store_remove(store, &removed, 1) == UHN_OK,
                 uhn_error_detail());
    uhn_store_close(store);
    file[strlen(file)] = '/';
    fuzz_require((mkdir("store", 0700) == 0 || errno == EEXIST) && rename(file, seed) == 0,
                 "a store could not be moved");
}

static void write_stores(void)
{
    write_store("floats", UHN_FLOAT32, 0);
    write_store("values", UHN_FLOAT32, 6);
    write_store("bytes", UHN_UINT8, 0);
}

/* A problem in the order in which target_recall.c takes it: shape, texts, then numbers. */
typedef struct seed {
    uint8_t bytes[400];
    size_t size;
} seed;

static void put(seed *s, size_t count, const uint8_t *bytes)
{
    memcpy(s->bytes + s->size, bytes, count);
    s->size += count;
}

static void put_text(seed *s, const char *text)
{
    const uint8_t length = (uint8_t)strlen(text);
    put(s, 1, &length);
    put(s, length, (const uint8_t *)text);
}

static seed start_seed(uint8_t storage, uint8_t values)
{
    seed s = {.size = 0};
    const uint8_t shape[] = {storage, 4, 5, 1, values}; /* 5 memories of 6 numbers, 2 queries */
    put(&s, sizeof shape, shape);
    return s;
}

static void end_seed(seed *s, const char *folder, const char *name)
{
    char path[96];
    for (uint8_t i = 0; i < 80; i++) {
        const uint8_t number = (uint8_t)(i * 29 % 100);
        put(s, 1, &number);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    scratch_write(&here, path, s->bytes, s->size);
}

static void write_recall(const char *name, const char *similarity, const char *separation, const char *preset,
                         uint8_t storage)
{
    static const uint8_t options[] = {0, 0, 1, 1, 0, 1};
    seed s = start_seed(storage, 0);
    put_text(&s, similarity);
    put_text(&s, separation);
    put_text(&s, preset);
    put(&s, sizeof options, options);
    end_seed(&s, "recall", name);
}

static void write_flow(const char *name, const char *additive, const char *memory, const char *value,
                       const char *integrator)
{
    static const uint8_t options[] = {3, 32, 64, 64, 0, 1, 0, 1, 1, 0};
    seed s = start_seed(0, 0);
    put_text(&s, additive);
    put_text(&s, value);
    put_text(&s, memory);
    put_text(&s, integrator);
    put(&s, sizeof options, options);
    end_seed(&s, "flow", name);
}

/* Every row of every table once. */
static void write_choices(void)
{
    for (size_t i = 0; uhn_similarity_at(i); i++)
        write_recall(uhn_similarity_at(i)->name, uhn_similarity_at(i)->name, "", "", (uint8_t)(i % UHN_STORAGE_COUNT));
    for (size_t i = 0; uhn_separation_at(i); i++)
        write_recall(uhn_separation_at(i)->name, "dot", uhn_separation_at(i)->name, "", UHN_FLOAT32);
    for (size_t i = 0; uhn_preset_at(i); i++)
        write_recall(uhn_preset_at(i)->name, "", "", uhn_preset_at(i)->name, UHN_BITS);
    write_recall("parameters", "minkowski:p=3", "entmax:alpha=1.25,beta=4", "", UHN_UINT8);
    for (size_t i = 0; uhn_additive_at(i); i++)
        write_flow(uhn_additive_at(i)->name, uhn_additive_at(i)->name, "log-sum-exp:beta=1", "quadratic", "adiabatic");
    for (int layer = 0; layer < UHN_LAYER_COUNT; layer++)
        for (size_t i = 0; uhn_lagrangian_at((uhn_layer)layer, i); i++) {
            const char *name = uhn_lagrangian_at((uhn_layer)layer, i)->name;
            const bool value = layer == UHN_LAYER_VALUE;
            write_flow(name, "dot", value ? "log-sum-exp" : name, value ? name : "quadratic", "rk4");
        }
}

void fuzz_write_seeds(void)
{
    write_arrays();
    write_images();
    write_archives();
    write_folders();
    write_texts();
    write_choices();
    write_stores();
}
