/* write.h - the last word of the sentence: write a result, atomically.
 * This room alone knows HDF5; what is in the file is the table in schema.c. */
#ifndef ST_IO_WRITE_H
#define ST_IO_WRITE_H

#include "core/scratch.h"
#include "model/result.h"

/* Series for --save-series, written straight to their place in the file; NULL = not saved. */
typedef struct st_saved_series {
    const st_series *load, *draw; /* float64 W, NaN where invalid */
} st_saved_series;

/* Builds the file in memory (core driver), then write, fsync, rename from a temporary name in the
 * same folder. On failure an existing summary is untouched and no half file is left. ST_OUTPUT. */
st_status st_summary_write(st_context *ctx, const char *path, const st_result *result,
                           const st_saved_series *saved);

/* Dry check before a long run: the folder of `path` can take the file, the name is not a folder,
 * and it is none of the `n` inputs (by device and inode). ST_OUTPUT, ST_ARGUMENT. */
st_status st_summary_check_target(st_context *ctx, const char *path, const char *const *inputs,
                                  size_t n);

#endif
