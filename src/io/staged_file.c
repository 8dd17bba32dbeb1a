/* staged_file.c - temporary name, sync, rename; and the HDF5 file in between. */
#include "io/staged_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "io/staged_driver.h"

enum {
    NAMES_TRIED = 1000,
    ALIGN_FROM = 1 << 16, /* larger objects start on a page of the machine: good for direct reads */
    ALIGN_TO = 4096
};

struct st_staged {
    char *path, *temporary;
    bool nameless; /* the temporary file has no name yet */
    st_stage stage;
};

/* Length of the folder part of a path, its last slash included. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

static st_status copy_folder(st_context *ctx, const char *path, char **folder)
{
    const size_t length = folder_length(path);
    ST_TRY(st_copy_text(ctx, length == 0 ? "." : path, folder));
    if (length > 0) {
        (*folder)[length] = '\0';
    }
    return ST_OK;
}

st_status st_staged_check_target(st_context *ctx, const char *path)
{
    struct stat found;
    char *folder = NULL;
    st_status status = ST_OK;
    if (path == NULL || path[0] == '\0') {
        return st_fail(ctx, ST_OUTPUT, "the output has an empty name");
    }
    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode)) {
        return st_fail(ctx, ST_OUTPUT, "%s: is a %s; allowed: a new name or an ordinary file", path,
                       S_ISDIR(found.st_mode) ? "folder" : "device or pipe");
    }
    ST_TRY(copy_folder(ctx, path, &folder));
    if (stat(folder, &found) != 0) {
        status = st_fail(ctx, ST_OUTPUT, "%s: its folder %s: %s", path, folder, strerror(errno));
    } else if (!S_ISDIR(found.st_mode)) {
        status = st_fail(ctx, ST_OUTPUT, "%s: %s is not a folder", path, folder);
    } else if (access(folder, W_OK | X_OK) != 0) {
        status = st_fail(ctx, ST_OUTPUT, "%s: its folder %s cannot be written: %s", path, folder,
                         strerror(errno));
    }
    st_free(folder);
    return status;
}

/* "/proc/self/fd/7", through which a file without a name can be given one. */
static void own_path(int descriptor, char path[32])
{
    snprintf(path, 32, "/proc/self/fd/%d", descriptor);
}

/* A file without a name, which a killed process does not leave behind; -1 where the file system or
 * the machine cannot. */
static int open_nameless(st_context *ctx, const char *path)
{
    int descriptor = -1;
#ifdef O_TMPFILE
    char *folder = NULL, own[32];
    if (copy_folder(ctx, path, &folder) == ST_OK) {
        descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    }
    st_free(folder);
    own_path(descriptor, own);
    if (descriptor >= 0 && access(own, F_OK) != 0) {
        close(descriptor);
        descriptor = -1;
    }
#else
    (void)ctx, (void)path;
#endif
    return descriptor;
}

/* Takes the next free "folder/.name.pid-n.tmp": beside the target, so that the rename stays in one
 * file system. Makes a new file of that name, or gives it to the one that has none. */
static bool take_temporary_name(st_staged *staged, size_t room)
{
    st_stage *stage = &staged->stage;
    const size_t folder = folder_length(staged->path);
    char own[32];
    own_path(stage->descriptor, own);
    for (int i = 0; i < NAMES_TRIED; i++) {
        snprintf(staged->temporary, room, "%.*s.%s.%ld-%d.tmp", (int)folder, staged->path,
                 staged->path + folder, (long)getpid(), i);
        if (staged->nameless) {
            staged->nameless =
                linkat(AT_FDCWD, own, AT_FDCWD, staged->temporary, AT_SYMLINK_FOLLOW) != 0;
        } else {
            stage->descriptor =
                open(staged->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        }
        if (!staged->nameless && stage->descriptor >= 0) {
            return true;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return false;
}

static size_t temporary_room(const st_staged *staged)
{
    return strlen(staged->path) + 64;
}

/* With the permissions that the user's mask gives a new file. */
static st_status open_temporary(st_context *ctx, st_staged *staged)
{
    void *block;
    ST_TRY(st_alloc(ctx, temporary_room(staged), 1, "a file name", &block));
    staged->temporary = block;
    staged->stage.descriptor = open_nameless(ctx, staged->path);
    staged->nameless = staged->stage.descriptor >= 0;
    if (!staged->nameless) {
        take_temporary_name(staged, temporary_room(staged));
    }
    return staged->stage.descriptor >= 0
               ? ST_OK
               : st_fail(ctx, ST_OUTPUT, "%s: cannot make a temporary file beside it: %s",
                         staged->path, strerror(errno));
}

st_status st_staged_create(st_context *ctx, const char *path, st_staged **staged)
{
    st_status status = ST_OK;
    void *block;
    *staged = NULL;
    ST_TRY(st_staged_check_target(ctx, path));
    ST_TRY(st_alloc(ctx, 1, sizeof **staged, "an output file", &block));
    st_staged *made = block;
    made->stage.descriptor = -1;
    ST_GOTO(status, st_copy_text(ctx, path, &made->path));
    ST_GOTO(status, open_temporary(ctx, made));
    *staged = made;
done:
    if (status != ST_OK) {
        st_free(made->temporary);
        st_free(made->path);
        st_free(made);
    }
    return status;
}

st_status st_staged_open(st_context *ctx, st_staged *staged, hid_t *file)
{
    char reason[ST_REASON_BYTES];
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_FILE_CREATE);
    *file = ST_NO_HANDLE;
    if (access < 0 || create < 0 || !st_stage_set_driver(access, &staged->stage) ||
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0 ||
        H5Pset_meta_block_size(access, ST_PAGE_BYTES) < 0 ||
        H5Pset_alignment(access, ALIGN_FROM, ALIGN_TO) < 0 ||
        H5Pset_obj_track_times(create, false) < 0 ||
        H5Pset_link_creation_order(create, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) < 0 ||
        (*file = H5Fcreate(staged->path, H5F_ACC_TRUNC, create, access)) < 0) {
        st_fail(ctx, ST_INTERNAL, "%s: HDF5 cannot begin a file: %s", staged->path,
                st_library_reason(reason));
    }
    st_close_list(&access);
    st_close_list(&create);
    return *file >= 0 ? ST_OK : ST_INTERNAL;
}

st_status st_staged_check(st_context *ctx, const st_staged *staged)
{
    return staged->stage.error == 0 ? ST_OK
                                    : st_fail(ctx, ST_OUTPUT, "%s: cannot be written: %s",
                                              staged->path, strerror(staged->stage.error));
}

/* The new name itself is on the disk only after the folder is synced; some file systems cannot. */
static void sync_folder(const st_staged *staged)
{
    st_context *quiet = st_context_create();
    char *folder = NULL;
    if (quiet != NULL && copy_folder(quiet, staged->path, &folder) == ST_OK) {
        const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor >= 0) {
            fsync(descriptor);
            close(descriptor);
        }
    }
    st_free(folder);
    st_context_destroy(quiet);
}

static void destroy(st_staged *staged, bool keep)
{
    if (staged->stage.descriptor >= 0) {
        close(staged->stage.descriptor);
    }
    if (!keep && !staged->nameless) {
        unlink(staged->temporary);
    }
    st_stage_free(&staged->stage);
    st_free(staged->temporary);
    st_free(staged->path);
    st_free(staged);
}

void st_staged_flush(st_staged *staged)
{
    st_stage_flush(&staged->stage);
}

st_status st_staged_commit(st_context *ctx, st_staged *staged)
{
    st_stage *stage = &staged->stage;
    st_stage_flush(stage);
    if (stage->error == 0 && fsync(stage->descriptor) != 0) {
        stage->error = errno;
    }
    if (stage->error == 0 && staged->nameless &&
        !take_temporary_name(staged, temporary_room(staged))) {
        stage->error = errno;
    }
    /* A network file system may tell only now that the bytes did not arrive. */
    if (close(stage->descriptor) != 0 && stage->error == 0) {
        stage->error = errno;
    }
    stage->descriptor = -1;
    st_status status = st_staged_check(ctx, staged);
    if (status == ST_OK && rename(staged->temporary, staged->path) != 0) {
        status =
            st_fail(ctx, ST_OUTPUT, "%s: cannot take its name: %s", staged->path, strerror(errno));
    }
    if (status == ST_OK) {
        sync_folder(staged);
    }
    destroy(staged, status == ST_OK);
    return status;
}

void st_staged_abandon(st_staged *staged)
{
    if (staged != NULL) {
        destroy(staged, false);
    }
}
