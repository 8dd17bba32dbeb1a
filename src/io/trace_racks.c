/* trace_racks.c - the names, groups and ratings of the racks in one file.
 * read, first part; racks without names get rack0000, rack0001, ... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "io/attribute.h"
#include "io/strings.h"
#include "io/trace_file.h"

enum { NAME_BYTES = 32 };

/* n names "rack0000", ... in one block. */
static st_status default_names(st_context *ctx, size_t n, const int64_t *numbers, char ***names)
{
    void *block;
    ST_TRY(st_alloc(ctx, n, sizeof(char *) + NAME_BYTES, "rack names", &block));
    *names = block;
    char *room = (char *)block + n * sizeof(char *);
    for (size_t i = 0; i < n; i++, room += NAME_BYTES) {
        (*names)[i] = room;
        if (numbers != NULL) {
            snprintf(room, NAME_BYTES, "%lld", (long long)numbers[i]);
        } else {
            snprintf(room, NAME_BYTES, "rack%04zu", i);
        }
    }
    return ST_OK;
}

/* A dataset beside the power with one value for each rack. */
typedef struct column {
    hid_t id, type;
    H5T_class_t class;
} column;

static void close_column(column *opened)
{
    st_close_type(&opened->type);
    st_close_dataset(&opened->id);
}

/* *there = false (and ST_OK) when there is no such dataset, or it does not fit a foreign file. */
static st_status open_column(st_context *ctx, const st_trace_file *file, const char *name,
                             column *opened, bool *there)
{
    char reason[ST_REASON_BYTES];
    st_status status = ST_OK;
    *opened = (column){ST_NO_HANDLE, ST_NO_HANDLE, H5T_NO_CLASS};
    *there = H5Lexists(file->file, name, H5P_DEFAULT) > 0;
    if (!*there) {
        return ST_OK;
    }
    opened->id = H5Dopen2(file->file, name, H5P_DEFAULT);
    opened->type = opened->id < 0 ? ST_NO_HANDLE : H5Dget_type(opened->id);
    hid_t space = opened->id < 0 ? ST_NO_HANDLE : H5Dget_space(opened->id);
    const hssize_t n = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    opened->class = opened->type < 0 ? H5T_NO_CLASS : H5Tget_class(opened->type);
    st_close_space(&space);
    if (n < 0 || (size_t)n != file->racks) {
        *there = false;
        if (!file->foreign) {
            status = st_fail(ctx, ST_FORMAT,
                             "%s: dataset %s has %lld values; allowed: one for each of the %zu "
                             "racks%s%s",
                             file->path, name, (long long)n, file->racks, n < 0 ? ": " : "",
                             n < 0 ? st_library_reason(reason) : "");
        }
        close_column(opened);
    }
    return status;
}

static st_status wrong_type(st_context *ctx, const st_trace_file *file, const char *name,
                            const column *opened, const char *allowed)
{
    char words[64];
    return st_fail(ctx, ST_FORMAT, "%s: dataset %s holds %s; allowed: %s", file->path, name,
                   st_type_words(opened->type, words, sizeof words), allowed);
}

static st_status read_texts(st_context *ctx, const st_trace_file *file, const char *name,
                            const column *opened, char ***texts)
{
    const st_text_source source = {opened->id, false};
    /* Names compress well, but not as well as this. */
    const uint64_t most = (file->bytes + 4096) * 256;
    const st_status status =
        st_texts_read(ctx, source, opened->type, file->racks, (size_t)most, texts);
    if (status != ST_OK) {
        st_prefix(ctx, "%s: dataset %s", file->path, name);
    }
    return status;
}

static st_status read_numbers(st_context *ctx, const st_trace_file *file, const char *name,
                              const column *opened, hid_t memory, void **numbers)
{
    char reason[ST_REASON_BYTES];
    ST_TRY(st_alloc(ctx, file->racks, 8, name, numbers));
    if (H5Dread(opened->id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, *numbers) < 0) {
        st_free(*numbers);
        *numbers = NULL;
        return st_fail(ctx, ST_FORMAT, "%s: dataset %s: HDF5 cannot read it: %s", file->path, name,
                       st_library_reason(reason));
    }
    return ST_OK;
}

/* Texts, or whole numbers as text; a netCDF dimension without values has no names. */
static st_status read_names(st_context *ctx, st_trace_file *file)
{
    column opened;
    bool there = false;
    void *numbers = NULL;
    st_status status = ST_OK;
    const char *name = file->foreign ? file->rack_scale : "/rack";
    if (name != NULL) {
        ST_GOTO(status, open_column(ctx, file, name, &opened, &there));
    }
    if (there && opened.class == H5T_STRING) {
        ST_GOTO(status, read_texts(ctx, file, name, &opened, &file->rack_names));
    } else if (there && opened.class == H5T_INTEGER) {
        ST_GOTO(status, read_numbers(ctx, file, name, &opened, H5T_NATIVE_INT64, &numbers));
    } else if (there && opened.class != H5T_FLOAT) {
        status = wrong_type(ctx, file, name, &opened, "text");
        goto done;
    }
    if (file->rack_names == NULL) {
        ST_GOTO(status, default_names(ctx, file->racks, numbers, &file->rack_names));
    }
done:
    st_free(numbers);
    if (there) {
        close_column(&opened);
    }
    return status;
}

static st_status read_groups(st_context *ctx, st_trace_file *file)
{
    column opened;
    bool there;
    st_status status = ST_OK;
    ST_TRY(open_column(ctx, file, "/rack_group", &opened, &there));
    if (there && opened.class == H5T_STRING) {
        status = read_texts(ctx, file, "/rack_group", &opened, &file->rack_groups);
    } else if (there && !file->foreign) {
        status = wrong_type(ctx, file, "/rack_group", &opened, "text");
    }
    close_column(&opened);
    return status;
}

static st_status read_ratings(st_context *ctx, st_trace_file *file)
{
    column opened;
    bool there;
    void *numbers = NULL;
    st_status status = ST_OK;
    ST_TRY(open_column(ctx, file, "/rack_rating_w", &opened, &there));
    if (there && (opened.class == H5T_FLOAT || opened.class == H5T_INTEGER)) {
        status = read_numbers(ctx, file, "/rack_rating_w", &opened, H5T_NATIVE_DOUBLE, &numbers);
        file->rack_rating_w = numbers;
    } else if (there && !file->foreign) {
        status = wrong_type(ctx, file, "/rack_rating_w", &opened, "numbers");
    }
    close_column(&opened);
    return status;
}

typedef struct named {
    const char *name;
    size_t rack;
} named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->rack > y->rack) - (x->rack < y->rack);
}

/* Two racks of one name are the same rack twice, whose power would count twice, or cannot be told
 * apart in the results. In files from elsewhere the scale was not made to name racks. */
st_status st_trace_file_check_names(st_context *ctx, const st_trace_file *file)
{
    void *block;
    st_status status = ST_OK;
    ST_TRY(st_alloc(ctx, file->racks, sizeof(named), "rack names", &block));
    named *names = block;
    for (size_t r = 0; r < file->racks; r++) {
        names[r] = (named){file->rack_names[r], r};
    }
    qsort(names, file->racks, sizeof *names, by_name);
    for (size_t r = 1; r < file->racks; r++) {
        const named *a = &names[r - 1], *b = &names[r];
        if (strcmp(a->name, b->name) != 0) {
            continue;
        }
        if (file->foreign) {
            st_notice(ctx,
                      "%s: racks %zu and %zu (counted from 0) are both called \"%.64s\"; each is "
                      "counted as a rack of its own",
                      file->path, a->rack, b->rack, a->name);
        } else {
            status =
                st_fail(ctx, ST_FORMAT,
                        "%s: dataset /rack: racks %zu and %zu (counted from 0) are both called "
                        "\"%.64s\"; allowed: a name of its own for each",
                        file->path, a->rack, b->rack, a->name);
        }
        break;
    }
    st_free(names);
    return status;
}

st_status st_trace_file_read_racks(st_context *ctx, st_trace_file *file)
{
    ST_TRY(read_names(ctx, file));
    ST_TRY(read_groups(ctx, file));
    return read_ratings(ctx, file);
}
