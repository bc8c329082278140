/* SPDX-License-Identifier: MIT
 * Preloaded into the command by tests/cli-faults.sh and tests/cli-store-faults.sh: the k-th call of one kind fails.
 * UHN_FAULT is "memory:K", "read:K" or "write:K"; when the call has failed, the file that UHN_FAULT_MARK names is
 * there. Only the command itself is meant, not what it starts, and not its standard output. A program under test calls
 * the functions of shim.h instead. For the C library of GNU. */
#include "shim.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char kind;    /* 'm', 'r' or 'w'; 0: nothing fails */
static long left;    /* calls until the one that fails */
static bool reached; /* has it failed? */

__attribute__((constructor)) static void start(void)
{
    const char *fault = getenv("UHN_FAULT"), *colon = fault ? strchr(fault, ':') : NULL;
    if (!colon || strcmp(program_invocation_short_name, "uhn") != 0)
        return;
    left = strtol(colon + 1, NULL, 10);
    kind = *fault;
}

/* Is this the call? Then `error` is in errno. */
static bool fails(char of_kind, int error)
{
    if (kind != of_kind || __atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) != 0)
        return false;
    const char *mark = getenv("UHN_FAULT_MARK");
    if (mark) {
        const long file = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT, 0600);
        if (file >= 0)
            syscall(SYS_close, file);
    }
    reached = true;
    errno = error;
    return true;
}

/* ------------------------------------------------------------------------------------------------ shim.h */

void uhn_fault_arm(char of_kind, long k)
{
    left = k;
    reached = false;
    kind = of_kind;
}

bool uhn_fault_reached(void)
{
    return reached;
}

static char order[1 << 12];
static size_t noted = sizeof order; /* letters; none are taken down before uhn_fault_watch() */

const char *uhn_fault_watch(void)
{
    memset(order, 0, sizeof order);
    noted = 0;
    return order;
}

static void note(char what)
{
    if (noted + 1 < sizeof order)
        order[noted++] = what;
}

static void note_write(int file)
{
    note(fcntl(file, F_GETFL) & O_DSYNC ? 'W' : 'w');
}

static void note_sync(int file)
{
    struct stat about;
    note(fstat(file, &about) == 0 && S_ISDIR(about.st_mode) ? 'f' : 's');
}

/* The function that is stood in for. */
#define REAL(name) ((__typeof__(&(name)))(uintptr_t)dlsym(RTLD_NEXT, #name))

/* ------------------------------------------------------------------------------------------------ memory */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

void *malloc(size_t size)
{
    return fails('m', ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails('m', ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails('m', ENOMEM) ? NULL : __libc_realloc(block, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    return fails('m', ENOMEM) ? ENOMEM : REAL(posix_memalign)(block, alignment, size);
}

/* ------------------------------------------------------------------------------------------------ opening */

static int open_or_fail(const char *path, int flags, mode_t mode)
{
    const bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if (fails(writes ? 'w' : 'r', writes ? ENOSPC : EIO))
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_or_fail(path, flags, mode);
}

int __open_2(const char *path, int flags)
{
    return open_or_fail(path, flags, 0);
}

FILE *fopen(const char *path, const char *mode)
{
    const bool reads = *mode == 'r';
    return fails(reads ? 'r' : 'w', reads ? EIO : ENOSPC) ? NULL : REAL(fopen)(path, mode);
}

FILE *fdopen(int file, const char *mode)
{
    const bool reads = *mode == 'r';
    return fails(reads ? 'r' : 'w', reads ? EIO : ENOSPC) ? NULL : REAL(fdopen)(file, mode);
}

/* ------------------------------------------------------------------------------------------------ reading */

ssize_t read(int file, void *bytes, size_t size)
{
    return fails('r', EIO) ? -1 : syscall(SYS_read, file, bytes, size);
}

ssize_t __read_chk(int file, void *bytes, size_t size, size_t room)
{
    return size > room ? -1 : read(file, bytes, size);
}

ssize_t pread(int file, void *bytes, size_t size, off_t offset)
{
    return fails('r', EIO) ? -1 : syscall(SYS_pread64, file, bytes, size, offset);
}

size_t fread(void *items, size_t size, size_t count, FILE *file)
{
    return fails('r', EIO) ? 0 : REAL(fread)(items, size, count, file);
}

size_t __fread_chk(void *items, size_t room, size_t size, size_t count, FILE *file)
{
    return size && count > room / size ? 0 : fread(items, size, count, file);
}

off_t lseek(int file, off_t offset, int whence)
{
    return fails('r', EIO) ? -1 : syscall(SYS_lseek, file, offset, whence);
}

DIR *opendir(const char *path)
{
    return fails('r', EIO) ? NULL : REAL(opendir)(path);
}

struct dirent *readdir(DIR *folder)
{
    return fails('r', EIO) ? NULL : REAL(readdir)(folder);
}

/* ------------------------------------------------------------------------------------------------ writing */

static bool is_standard(FILE *file)
{
    return file == stdout || file == stderr;
}

ssize_t write(int file, const void *bytes, size_t size)
{
    return file > 2 && fails('w', ENOSPC) ? -1 : syscall(SYS_write, file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    if (fails('w', ENOSPC))
        return -1;
    note_write(file);
    return syscall(SYS_pwrite64, file, bytes, size, offset);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    if (fails('w', ENOSPC))
        return -1;
    note_write(file);
    return syscall(SYS_writev, file, parts, count);
}

size_t fwrite(const void *items, size_t size, size_t count, FILE *file)
{
    return !is_standard(file) && fails('w', ENOSPC) ? 0 : REAL(fwrite)(items, size, count, file);
}

int fflush(FILE *file)
{
    return file && !is_standard(file) && fails('w', ENOSPC) ? EOF : REAL(fflush)(file);
}

int fsync(int file)
{
    if (fails('w', EIO))
        return -1;
    note_sync(file);
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file)
{
    if (fails('w', EIO))
        return -1;
    note_sync(file);
    return (int)syscall(SYS_fdatasync, file);
}

int msync(void *bytes, size_t size, int flags)
{
    if (fails('w', EIO))
        return -1;
    note('s');
    return (int)syscall(SYS_msync, bytes, size, flags);
}

int ftruncate(int file, off_t size)
{
    return fails('w', ENOSPC) ? -1 : (int)syscall(SYS_ftruncate, file, size);
}

/* The file is closed all the same, as when the last bytes do not reach the disk. */
int fclose(FILE *file)
{
    const bool fault = !is_standard(file) && fails('w', EIO);
    const int result = REAL(fclose)(file);
    errno = fault ? EIO : errno;
    return fault ? EOF : result;
}

int rename(const char *from, const char *to)
{
    if (fails('w', EIO))
        return -1;
    note('r');
    return REAL(rename)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return fails('w', ENOSPC) ? -1 : REAL(mkdir)(path, mode);
}
