/* file_format.c - which format a file claims, before anyone opens it as that. */
#include <stdio.h>

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

static st_status look(st_context *ctx, const char *path, const void *user)
{
    (void)user;
    char *format;
    const st_status status = read_format(ctx, path, &format);
    st_free(format);
    return status;
}

st_status st_file_format(st_context *ctx, const char *path, char *out, size_t size)
{
    char *format;
    ST_TRY(st_check_input(ctx, path, NULL));
    ST_TRY(st_walk(ctx, path, look, NULL, ST_WALK_SECONDS));
    ST_TRY(read_format(ctx, path, &format));
    snprintf(out, size, "%s", format != NULL ? format : "hdf5");
    st_free(format);
    return ST_OK;
}
