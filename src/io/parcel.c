/* parcel.c - a buffer that grows at its end and is emptied from its beginning. */
#include "io/parcel.h"

#include <string.h>

#include "core/memory.h"

st_status st_parcel_put(st_context *ctx, st_parcel *parcel, const void *data, size_t bytes)
{
    const size_t needed = parcel->bytes + bytes;
    if (needed > parcel->buffer.bytes) {
        st_buffer larger = {NULL, 0};
        ST_TRY(st_buffer_need(ctx, &larger, needed + needed / 2));
        if (parcel->bytes > 0) {
            memcpy(larger.data, parcel->buffer.data, parcel->bytes);
        }
        st_buffer_free(&parcel->buffer);
        parcel->buffer = larger;
    }
    if (bytes > 0) {
        memcpy(parcel->buffer.data + parcel->bytes, data, bytes);
    }
    parcel->bytes = needed;
    return ST_OK;
}

const void *st_parcel_next(st_parcel *parcel, size_t bytes)
{
    if (bytes > parcel->bytes - parcel->taken) {
        return NULL;
    }
    const unsigned char *const next = parcel->buffer.data + parcel->taken;
    parcel->taken += bytes;
    return next;
}

bool st_parcel_take(st_parcel *parcel, void *data, size_t bytes)
{
    const void *const next = st_parcel_next(parcel, bytes);
    if (next != NULL && bytes > 0) {
        memcpy(data, next, bytes);
    }
    return next != NULL;
}

void st_parcel_free(st_parcel *parcel)
{
    st_buffer_free(&parcel->buffer);
    *parcel = (st_parcel){{NULL, 0}, 0, 0};
}
