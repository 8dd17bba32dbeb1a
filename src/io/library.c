/* library.c - the lock around HDF5, its silence, and the words of its failures. */
#include "io/library.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t first_use = PTHREAD_ONCE_INIT;

/* Where HDF5 fails on a damaged file it loses track of its own objects and, winding up at the exit
 * of the process, complains on stderr or crashes. We close all that we open, so there is nothing to
 * wind up. A host that began HDF5 before us keeps its exit handler: this call is then without
 * effect. */
static void begin(void)
{
    H5dont_atexit();
}

void st_library_enter(st_library_scope *scope)
{
    pthread_mutex_lock(&library_lock);
    pthread_once(&first_use, begin);
    scope->print = NULL;
    scope->user = NULL;
    H5Eget_auto2(H5E_DEFAULT, &scope->print, &scope->user);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void st_library_leave(const st_library_scope *scope)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, scope->print, scope->user);
    pthread_mutex_unlock(&library_lock);
}

/* The walk goes from the outermost call to the innermost, so the last text stays. */
static herr_t keep_last(unsigned level, const H5E_error2_t *error, void *user)
{
    (void)level;
    if (error->desc != NULL && error->desc[0] != '\0') {
        snprintf(user, ST_REASON_BYTES, "%s", error->desc);
    }
    return 0;
}

const char *st_library_reason(char *text)
{
    text[0] = '\0';
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_last, text);
    if (text[0] == '\0') {
        snprintf(text, ST_REASON_BYTES, "no reason given");
    }
    return text;
}

static void close_handle(hid_t *handle, herr_t (*close_fn)(hid_t))
{
    if (*handle >= 0) {
        close_fn(*handle);
    }
    *handle = ST_NO_HANDLE;
}

void st_close_file(hid_t *file)
{
    close_handle(file, H5Fclose);
}

void st_close_dataset(hid_t *dataset)
{
    close_handle(dataset, H5Dclose);
}

void st_close_group(hid_t *group)
{
    close_handle(group, H5Gclose);
}

void st_close_attribute(hid_t *attribute)
{
    close_handle(attribute, H5Aclose);
}

void st_close_space(hid_t *space)
{
    close_handle(space, H5Sclose);
}

void st_close_type(hid_t *type)
{
    close_handle(type, H5Tclose);
}

void st_close_list(hid_t *list)
{
    close_handle(list, H5Pclose);
}

st_status st_library_open(st_context *ctx, const char *path, hid_t *file)
{
    char reason[ST_REASON_BYTES];
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    *file = ST_NO_HANDLE;
    if (H5Fis_hdf5(path) <= 0) {
        st_close_list(&access);
        return st_fail(ctx, ST_FORMAT, "%s: not an HDF5 file", path);
    }
    if (access < 0 || H5Pset_file_locking(access, false, true) < 0 ||
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
        (*file = H5Fopen(path, H5F_ACC_RDONLY, access)) < 0) {
        st_fail(ctx, ST_FORMAT, "%s: HDF5 cannot open it: %s", path, st_library_reason(reason));
    }
    st_close_list(&access);
    return *file < 0 ? ST_FORMAT : ST_OK;
}

st_status st_check_input(st_context *ctx, const char *path, uint64_t *bytes)
{
    struct stat found;
    if (path == NULL || path[0] == '\0') {
        return st_fail(ctx, ST_MISSING, "an input file has an empty name");
    }
    if (stat(path, &found) != 0 || (S_ISREG(found.st_mode) && access(path, R_OK) != 0)) {
        return st_fail(ctx, ST_MISSING, "%s: cannot be read: %s", path, strerror(errno));
    }
    if (!S_ISREG(found.st_mode)) {
        return st_fail(ctx, ST_FORMAT, "%s: is a %s; allowed: an HDF5 file", path,
                       S_ISDIR(found.st_mode) ? "folder" : "special file");
    }
    if (bytes != NULL) {
        *bytes = (uint64_t)found.st_size;
    }
    return ST_OK;
}
