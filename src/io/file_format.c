/* file_format.c - which format a file claims, before anyone opens it as that. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "io/attribute.h"
#include "io/walk.h"
#include "surgetank/trace.h"

static st_status read_format(st_context *ctx, const char *path, char **format)
{
    st_library_scope scope;
    hid_t file;
    *format = NULL;
    st_library_enter(&scope);
    st_status status = st_library_open(ctx, path, &file);
    if (status == ST_OK) {
        const st_holder root = {file, path, "/"};
        if (st_attribute_has(&root, "surgetank_format")) {
            status = st_attribute_text(ctx, &root, "surgetank_format", format);
        }
        st_close_file(&file);
    }
    st_library_leave(&scope);
    return status;
}

static st_status look(st_context *ctx, const char *path, const void *user, st_parcel *told)
{
    (void)user;
    char *format;
    ST_TRY(read_format(ctx, path, &format));
    const char *const word = format != NULL ? format : "hdf5";
    const st_status status = st_parcel_put(ctx, told, word, strlen(word));
    st_free(format);
    return status;
}

st_status st_file_format(st_context *ctx, const char *path, char *out, size_t size)
{
    st_parcel told = {0};
    ST_TRY(st_check_input(ctx, path, NULL));
    const st_status status = st_walk(ctx, path, look, NULL, ST_WALK_SECONDS, &told);
    const int most = told.bytes < 4096 ? (int)told.bytes : 4096;
    if (status == ST_OK) {
        snprintf(out, size, "%.*s", most, most > 0 ? (const char *)told.buffer.data : "");
    }
    st_parcel_free(&told);
    return status;
}
