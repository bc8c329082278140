/* SPDX-License-Identifier: MIT
 * The files that this process has open, each once. */
#include "base/allocate.h"
#include "base/status.h"
#include "store/environment.h"

#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS = 100 };

/* The environments of the process. LMDB's locks belong to the process, not to the handle: if a file were opened twice,
 * the first to be closed would take the locks of the other along. So this list has to be the process's as well. */
static struct {
    pthread_mutex_t guard;
    uhn_environment *first;
    pid_t id; /* whose list it is: a child of fork() inherits it, but not the locks */
} process = {.guard = PTHREAD_MUTEX_INITIALIZER};

/* What a parent had open stays as it is, out of reach. */
static void forget_parent(void)
{
    const pid_t id = getpid();
    if (process.id != id)
        process.first = NULL;
    process.id = id;
}

static uhn_environment *find_open(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return NULL;
    for (uhn_environment *e = process.first; e; e = e->next)
        if (e->device == about.st_dev && e->inode == about.st_ino)
            return e;
    return NULL;
}

static uhn_status share(const char *folder, uint64_t generation, uhn_environment **environment)
{
    uhn_status status = UHN_OK;
    char *path = uhn_store_data_path(folder, generation, "");
    if (!path)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%s: no memory to open it", folder);
    pthread_mutex_lock(&process.guard);
    forget_parent();
    uhn_environment *e = find_open(path);
    if (e) {
        e->users++;
    } else {
        status = uhn_environment_open_file(path, &e);
        if (status == UHN_OK) {
            e->generation = generation;
            e->next = process.first;
            process.first = e;
        }
    }
    pthread_mutex_unlock(&process.guard);
    uhn_release(path);
    *environment = status == UHN_OK ? e : NULL;
    return status;
}

uhn_status uhn_environment_open(const char *folder, uhn_environment **environment)
{
    uint64_t generation, now = 0;
    uhn_status status = uhn_store_generation(folder, &generation);
    *environment = NULL;
    if (status == UHN_OK && generation == 0)
        status = uhn_fail(UHN_ERROR_ARGUMENT, "%s: there is no store", folder);
    for (int attempt = 0; status == UHN_OK && attempt < ATTEMPTS; attempt++) {
        uhn_environment_close(*environment);
        status = share(folder, generation, environment);
        /* Compaction may have moved the store while it was opened. */
        const uhn_status seen = uhn_store_generation(folder, &now);
        if (seen == UHN_OK && now == generation)
            break;
        if (seen != UHN_OK) {
            uhn_environment_close(*environment);
            *environment = NULL;
            return seen;
        }
        generation = now;
        status = UHN_OK;
    }
    if (status == UHN_OK && !*environment)
        status = uhn_fail(UHN_ERROR_SYSTEM, "%s: is moved again and again while it is opened", folder);
    return status;
}

void uhn_environment_close(uhn_environment *e)
{
    if (!e)
        return;
    pthread_mutex_lock(&process.guard);
    const bool last = --e->users == 0;
    for (uhn_environment **at = &process.first; last && *at; at = &(*at)->next)
        if (*at == e) {
            *at = e->next;
            break;
        }
    if (last)
        uhn_environment_free(e);
    pthread_mutex_unlock(&process.guard);
}
