/* SPDX-License-Identifier: MIT
 * A tar archive (plain, or compressed with gzip, bzip2, xz or Zstandard) or a ZIP archive, through libarchive: as the
 * folder that unpacking it would give. Nothing is written: members are kept in memory, read in one pass since most
 * archives can only be read in order, and sorted afterwards. */
#include "base/allocate.h"
#include "base/status.h"
#include "data/collection.h"
#include "data/reader.h"
#include "data/source.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <string.h>

enum {
    TAR_HEADER = 512,
    TAR_SUM = 148, /* where a tar header has its checksum, in so many octal digits at most */
    TAR_SUM_DIGITS = 8,
    INPUT_BLOCK = 1 << 17,
    TRUSTED_SIZE = 1 << 26 /* a member's header is believed so far; beyond it room grows as bytes come */
};

static const uint64_t default_members = 4000000, default_member_size = (uint64_t)4 << 30;

/* ----------------------------------------------------------------------------------------------- recognition */

/* The sum of the bytes of the header, its own field counted as spaces. */
static bool is_tar_header(const uint8_t *head, size_t size)
{
    unsigned sum = 0, said = 0;
    if (size < TAR_HEADER || head[0] == 0)
        return false;
    for (size_t i = 0; i < TAR_HEADER; i++)
        sum += i >= TAR_SUM && i < TAR_SUM + TAR_SUM_DIGITS ? ' ' : head[i];
    size_t i = TAR_SUM;
    while (i < TAR_SUM + TAR_SUM_DIGITS && head[i] == ' ')
        i++;
    for (; i < TAR_SUM + TAR_SUM_DIGITS && head[i] >= '0' && head[i] <= '7'; i++)
        said = said * 8 + (head[i] - '0');
    return said == sum;
}

static bool probe_archive(const char *path, const uint8_t *head, size_t head_size, bool is_folder)
{
    static const struct {
        size_t size;
        uint8_t bytes[6];
    } starts[] = {
        {4, {'P', 'K', 3, 4}},              /* ZIP */
        {4, {'P', 'K', 5, 6}},              /* an empty one */
        {3, {'B', 'Z', 'h'}},               /* bzip2 */
        {6, {0xfd, '7', 'z', 'X', 'Z', 0}}, /* xz */
        {4, {0x28, 0xb5, 0x2f, 0xfd}},      /* Zstandard */
    };
    (void)path;
    if (is_folder)
        return false;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (head_size >= starts[i].size && memcmp(head, starts[i].bytes, starts[i].size) == 0)
            return true;
    return is_tar_header(head, head_size);
}

/* --------------------------------------------------------------------------------------------------- members */

typedef struct unpacking {
    const char *path;
    uhn_stream stream;
    struct archive *archive;
    uint64_t limit, members_limit, member_limit;
    uint64_t total, members; /* so far: decoded bytes, and members of any kind */
    uhn_file_list *list;
} unpacking;

static uhn_status fail_archive(const unpacking *u)
{
    const char *says = archive_error_string(u->archive);
    if (archive_errno(u->archive) == ENOMEM)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to read the archive", u->path);
    return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the archive is damaged or cut short: %s", u->path,
                    says ? says : "it ends early");
}

static uhn_status fail_member(const unpacking *u, const char *name, const char *why)
{
    return uhn_fail(UHN_ERROR_ARGUMENT, "%s/%s: %s", u->path, name, why);
}

/* Counts `bytes` more, which a member has or is said to have. */
static uhn_status count_bytes(unpacking *u, uint64_t bytes)
{
    if (bytes > u->limit - u->total)
        return uhn_fail(UHN_ERROR_RANGE, "%s: decodes to more than the limit of %" PRIu64 " bytes", u->path, u->limit);
    u->total += bytes;
    return UHN_OK;
}

static uhn_status check_member_size(const unpacking *u, const char *name, uint64_t size)
{
    if (size <= u->member_limit)
        return UHN_OK;
    return uhn_fail(UHN_ERROR_RANGE, "%s/%s: more than the limit of %" PRIu64 " bytes for one file of an archive",
                    u->path, name, u->member_limit);
}

/* Takes . and // out of the name. False: it leads out of the archive. */
static bool clean_name(const char *name, char *clean)
{
    size_t size = 0;
    if (name[0] == '/')
        return false;
    for (size_t length; *name; name += length) {
        while (*name == '/')
            name++;
        length = strcspn(name, "/");
        if (length == 2 && memcmp(name, "..", 2) == 0)
            return false;
        if (length == 0 || (length == 1 && name[0] == '.'))
            continue;
        if (size > 0)
            clean[size++] = '/';
        memcpy(clean + size, name, length);
        size += length;
    }
    clean[size] = 0;
    return true;
}

/* Would a walk through the unpacked folder pass it over? */
static bool is_passed_over(const char *name)
{
    for (size_t length; *name; name += length + (name[length] == '/')) {
        length = strcspn(name, "/");
        if (uhn_is_left_out(name, length))
            return true;
    }
    return false;
}

/* Twice the room for what has come so far, up to one byte more than the limit, so that too much is noticed. */
static uhn_status grow(const unpacking *u, const char *name, uint8_t **bytes, size_t size, size_t *room)
{
    size_t most = (size_t)u->member_limit + 1, next = *room > most / 2 ? most : 2 * *room;
    uint8_t *larger = uhn_allocate_unset(next, 1);
    if (!larger)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s/%s: no memory for %zu bytes", u->path, name, next);
    memcpy(larger, *bytes, size);
    uhn_release(*bytes);
    *bytes = larger;
    *room = next;
    return UHN_OK;
}

/* The bytes of the member at hand, whose header says `expected`; release them whatever the outcome. */
static uhn_status read_bytes(unpacking *u, const char *name, uint64_t expected, uint8_t **bytes, size_t *size)
{
    uhn_status status = UHN_OK;
    size_t room = (size_t)(expected < TRUSTED_SIZE ? expected : TRUSTED_SIZE) + 1;
    *size = 0;
    *bytes = uhn_allocate_unset(room, 1);
    if (!*bytes)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s/%s: no memory for %zu bytes", u->path, name, room);
    for (;;) {
        la_ssize_t got = archive_read_data(u->archive, *bytes + *size, room - *size);
        if (got < 0)
            return fail_archive(u);
        if (got == 0)
            return status;
        *size += (size_t)got;
        UHN_TRY(check_member_size(u, name, *size));
        UHN_TRY(count_bytes(u, (uint64_t)got));
        if (*size == room)
            UHN_TRY(grow(u, name, bytes, *size, &room));
    }
leave:
    return status;
}

/* What a member is, as a walk through the unpacked folder would judge it. */
static uhn_status check_kind(const unpacking *u, struct archive_entry *entry, const char *name)
{
    if (archive_entry_is_encrypted(entry))
        return fail_member(u, name, "is encrypted, which is not read; unpack the archive with its password");
    if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
        return fail_member(u, name, "a link, which is not followed in an archive");
    if (archive_entry_filetype(entry) != AE_IFREG)
        return fail_member(u, name, "neither a regular file nor a folder");
    return UHN_OK;
}

static uhn_status take_file(unpacking *u, struct archive_entry *entry, const char *name)
{
    uhn_status status = UHN_OK;
    uint64_t expected = archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0;
    uint8_t *bytes = NULL;
    char *path = NULL;
    size_t size;
    UHN_TRY(check_member_size(u, name, expected));
    if (is_passed_over(name))
        return count_bytes(u, expected);
    UHN_TRY(check_kind(u, entry, name));
    UHN_TRY(read_bytes(u, name, expected, &bytes, &size));
    UHN_TRY(uhn_path_below(u->path, name, &path));
    UHN_TRY(uhn_file_list_append(u->list, path, bytes, size));
    return UHN_OK;
leave:
    uhn_release(bytes);
    uhn_release(path);
    return status;
}

static uhn_status take_member(unpacking *u, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    if (!name)
        name = archive_entry_pathname_utf8(entry);
    if (++u->members > u->members_limit)
        return uhn_fail(UHN_ERROR_RANGE, "%s: holds more than the limit of %" PRIu64 " files", u->path,
                        u->members_limit);
    if (!name)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the name of its file %" PRIu64 " cannot be read", u->path, u->members);
    char *clean = uhn_allocate(strlen(name) + 1, 1);
    if (!clean)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to list it", u->path);
    uhn_status status = UHN_OK;
    if (!clean_name(name, clean))
        status = fail_member(u, name, "the name leads out of the archive");
    else if (archive_entry_filetype(entry) != AE_IFDIR)
        status = take_file(u, entry, clean);
    uhn_release(clean);
    return status;
}

/* A tar ends in blocks of zeros: without them it was cut, if between two members. */
static uhn_status check_end(const unpacking *u)
{
    bool is_tar = (archive_format(u->archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
    if (is_tar && archive_filter_bytes(u->archive, 0) <= archive_read_header_position(u->archive))
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: the archive is cut short: its end mark is missing", u->path);
    return UHN_OK;
}

static uhn_status open_archive(unpacking *u)
{
    u->archive = archive_read_new();
    if (!u->archive)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to read the archive", u->path);
    archive_read_support_filter_gzip(u->archive);
    archive_read_support_filter_bzip2(u->archive);
    archive_read_support_filter_xz(u->archive);
    archive_read_support_filter_zstd(u->archive);
    archive_read_support_format_tar(u->archive);
    archive_read_support_format_zip_seekable(u->archive); /* by its directory: one that is cut short has none */
    if (archive_read_open_fd(u->archive, u->stream.descriptor, INPUT_BLOCK) == ARCHIVE_OK)
        return UHN_OK;
    return fail_archive(u);
}

static uhn_status unpack_members(unpacking *u)
{
    struct archive_entry *entry;
    int result;
    uhn_status status = open_archive(u);
    while (status == UHN_OK) {
        result = archive_read_next_header(u->archive, &entry);
        if (result == ARCHIVE_EOF)
            return check_end(u);
        /* A warning is about attributes, such as a name's alphabet. */
        status = result == ARCHIVE_OK || result == ARCHIVE_WARN ? take_member(u, entry) : fail_archive(u);
    }
    return status;
}

/* libarchive converts names that are marked as UTF-8 into the alphabet of the locale: UTF-8 too, in this thread. */
static uhn_status unpack(unpacking *u)
{
    locale_t own = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before = (locale_t)0;
    if (own != (locale_t)0)
        before = uselocale(own);
    uhn_status status = unpack_members(u);
    if (own != (locale_t)0) {
        uselocale(before);
        freelocale(own);
    }
    return status;
}

static uhn_status read_archive(const uhn_file *file, const uhn_read_limits *limits, uhn_dataset *data)
{
    uhn_status status = UHN_OK;
    bool is_folder;
    uhn_file_list list = {0};
    unpacking u = {.path = file->path, .stream.descriptor = -1, .limit = uhn_limit_bytes(limits), .list = &list};
    u.members_limit = limits && limits->members ? limits->members : default_members;
    u.member_limit = limits && limits->member_size ? limits->member_size : default_member_size;
    if (file->bytes)
        return uhn_fail(UHN_ERROR_ARGUMENT, "%s: an archive within an archive is not read", file->path);
    UHN_TRY(uhn_stream_open(file, &u.stream, &is_folder));
    UHN_TRY(unpack(&u));
    uhn_file_list_sort(&list);
    UHN_TRY(uhn_collection_read(file->path, &list, limits, data));
leave:
    archive_read_free(u.archive);
    uhn_stream_close(&u.stream);
    uhn_file_list_free(&list);
    return status;
}

const uhn_reader uhn_reader_archive = {
    "archive", "a tar or ZIP archive of what a folder may hold (tar: also as .gz, .bz2, .xz or .zst)", probe_archive,
    read_archive, NULL};
