/* SPDX-License-Identifier: MIT */
#include "archives.h"

#include <archive.h>
#include <archive_entry.h>

static void check_result(struct archive *archive, int result)
{
    if (result != ARCHIVE_OK)
        fail_msg("libarchive: %s", archive_error_string(archive));
}

static void write_member(struct archive *archive, const archive_member *member)
{
    struct archive_entry *entry = archive_entry_new();
    assert_non_null(entry);
    archive_entry_set_pathname_utf8(entry, member->name);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, member->symbolic                ? AE_IFLNK
                                      : member->is_pipe               ? AE_IFIFO
                                      : member->bytes || member->hard ? AE_IFREG
                                                                      : AE_IFDIR);
    archive_entry_set_size(entry, (la_int64_t)member->size);
    if (member->symbolic)
        archive_entry_set_symlink(entry, member->symbolic);
    if (member->hard)
        archive_entry_set_hardlink(entry, member->hard);
    check_result(archive, archive_write_header(archive, entry));
    if (member->size > 0)
        assert_int_equal(archive_write_data(archive, member->bytes, member->size), member->size);
    archive_entry_free(entry);
}

const char *archive_write(const scratch *folder, const char *name, const char *format, const char *filter,
                          const char *options, const archive_member *members, size_t count)
{
    const char *path = scratch_path(folder, name);
    struct archive *archive = archive_write_new();
    assert_non_null(archive);
    check_result(archive, archive_write_set_format_by_name(archive, format));
    if (filter)
        check_result(archive, archive_write_add_filter_by_name(archive, filter));
    check_result(archive, archive_write_set_passphrase(archive, "open sesame")); /* used only if options say so */
    if (options)
        check_result(archive, archive_write_set_options(archive, options));
    check_result(archive, archive_write_open_filename(archive, path));
    for (size_t i = 0; i < count; i++)
        write_member(archive, &members[i]);
    check_result(archive, archive_write_close(archive));
    archive_write_free(archive);
    return path;
}

archive_member archive_member_of(const char *name, const char *path)
{
    archive_member member = {.name = name};
    member.bytes = scratch_bytes(path, &member.size);
    return member;
}
