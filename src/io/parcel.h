/* parcel.h - bytes from a child process to its parent: put in an order, taken in the same.
 * Serves walk.c and whoever looks; what is taken was written by a process that a damaged file may
 * have led astray, so the taker checks it. */
#ifndef ST_IO_PARCEL_H
#define ST_IO_PARCEL_H

#include "io/filter.h"

/* Zero before the first use. */
typedef struct st_parcel {
    st_buffer buffer;
    size_t bytes; /* that are in it */
    size_t taken;
} st_parcel;

st_status st_parcel_put(st_context *ctx, st_parcel *parcel, const void *data, size_t bytes);
/* The next bytes; NULL where fewer are left. Not aligned. */
const void *st_parcel_next(st_parcel *parcel, size_t bytes);
/* The same into `data`; false where fewer are left. */
bool st_parcel_take(st_parcel *parcel, void *data, size_t bytes);
void st_parcel_free(st_parcel *parcel);

#endif
