/* strings.c - fixed and variable-length HDF5 texts into one block. */
#include "io/strings.h"

#include <string.h>

#include "core/memory.h"

hid_t st_text_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 &&
        (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        st_close_type(&type);
    }
    return type;
}

enum { CONVERSION_BYTES = 1 << 14 };

/* Texts of a variable length pass through two buffers of HDF5's, by default of 1 MiB each, which it
 * clears, however few they are. */
static herr_t read_dataset(hid_t dataset, hid_t type, void *buffer)
{
    hid_t list = H5Pcreate(H5P_DATASET_XFER);
    const bool ready = list >= 0 && (H5Tis_variable_str(type) <= 0 ||
                                     H5Pset_buffer(list, CONVERSION_BYTES, NULL, NULL) >= 0);
    const herr_t done = ready ? H5Dread(dataset, type, H5S_ALL, H5S_ALL, list, buffer) : -1;
    st_close_list(&list);
    return done;
}

static herr_t read_source(st_text_source source, hid_t type, void *buffer)
{
    return source.is_attribute ? H5Aread(source.id, type, buffer)
                               : read_dataset(source.id, type, buffer);
}

/* Pointers first, characters after them, in one block of at least one byte. */
static st_status make_block(st_context *ctx, size_t n, size_t bytes, char ***texts)
{
    void *block;
    size_t pointers;
    *texts = NULL;
    if (!st_multiply(n, sizeof(char *), &pointers) || pointers > SIZE_MAX - bytes) {
        st_fail(ctx, ST_MEMORY, "%zu texts are more than this machine can address", n);
        return ST_MEMORY;
    }
    ST_TRY(st_alloc(ctx, pointers + bytes, 1, "texts of a file", &block));
    *texts = block;
    return ST_OK;
}

static st_status read_fixed(st_context *ctx, st_text_source source, hid_t type, size_t n,
                            size_t most_bytes, char ***texts)
{
    char reason[ST_REASON_BYTES];
    const size_t width = H5Tget_size(type);
    size_t bytes, room_bytes;
    char **made = NULL;
    void *raw = NULL;
    st_status status = ST_OK;
    if (width == 0 || !st_multiply(n, width, &bytes) || bytes > most_bytes ||
        !st_multiply(n, width + 1, &room_bytes)) {
        return st_fail(ctx, ST_FORMAT, "%zu texts of %zu bytes; allowed: %zu bytes together", n,
                       width, most_bytes);
    }
    ST_GOTO(status, st_alloc(ctx, bytes, 1, "texts of a file", &raw));
    if (read_source(source, type, raw) < 0) {
        status =
            st_fail(ctx, ST_FORMAT, "HDF5 cannot read its texts: %s", st_library_reason(reason));
        goto done;
    }
    ST_GOTO(status, make_block(ctx, n, room_bytes, &made));
    char *room = (char *)(made + n);
    const bool padded = H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    for (size_t i = 0; i < n; i++, room += width + 1) {
        made[i] = room;
        memcpy(room, (char *)raw + i * width, width);
        for (size_t end = width; padded && end > 0 && room[end - 1] == ' '; end--) {
            room[end - 1] = '\0';
        }
    }
    *texts = made;
done:
    st_free(raw);
    return status;
}

static st_status read_variable(st_context *ctx, st_text_source source, hid_t type, size_t n,
                               size_t most_bytes, char ***texts)
{
    char reason[ST_REASON_BYTES];
    st_status status = ST_OK;
    size_t bytes = 0;
    char **raw = NULL, **made = NULL;
    void *block = NULL;
    bool read = false;
    hid_t memory = H5Tcopy(type);
    hid_t space = source.is_attribute ? H5Aget_space(source.id) : H5Dget_space(source.id);
    ST_GOTO(status, st_alloc(ctx, n, sizeof(char *), "texts of a file", &block));
    raw = block;
    if (memory < 0 || space < 0 || read_source(source, memory, raw) < 0) {
        status =
            st_fail(ctx, ST_FORMAT, "HDF5 cannot read its texts: %s", st_library_reason(reason));
        goto done;
    }
    read = true;
    for (size_t i = 0; i < n; i++) {
        bytes += raw[i] != NULL ? strlen(raw[i]) + 1 : 1;
        if (bytes > most_bytes) {
            status = st_fail(ctx, ST_FORMAT, "more than %zu bytes of text", most_bytes);
            goto done;
        }
    }
    ST_GOTO(status, make_block(ctx, n, bytes, &made));
    char *room = (char *)(made + n);
    for (size_t i = 0; i < n; i++) {
        made[i] = room;
        room = stpcpy(room, raw[i] != NULL ? raw[i] : "") + 1;
    }
    *texts = made;
done:
    if (read) {
        H5Dvlen_reclaim(memory, space, H5P_DEFAULT, raw);
    }
    st_free(raw);
    st_close_space(&space);
    st_close_type(&memory);
    return status;
}

st_status st_texts_read(st_context *ctx, st_text_source source, hid_t type, size_t n,
                        size_t most_bytes, char ***texts)
{
    *texts = NULL;
    if (n > most_bytes) {
        return st_fail(ctx, ST_FORMAT, "%zu texts; allowed: at most %zu", n, most_bytes);
    }
    return H5Tis_variable_str(type) > 0 ? read_variable(ctx, source, type, n, most_bytes, texts)
                                        : read_fixed(ctx, source, type, n, most_bytes, texts);
}
