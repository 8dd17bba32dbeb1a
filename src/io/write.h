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

/* A summary that is written, but not yet known under its name. */
typedef struct st_staged st_staged;

/* Builds the file beside `path`, without a name where the file system can, and lets the disk begin
 * with it. What follows is commit, and until then there is time to clear up: the result and the
 * series are not needed any more. On failure an existing summary is untouched, no half file is left
 * and *staged is NULL. ST_OUTPUT. */
st_status st_summary_write(st_context *ctx, const char *path, const st_result *result,
                           const st_saved_series *saved, st_staged **staged);

/* Sync, then rename. Frees in every case; on failure as above. */
st_status st_summary_commit(st_context *ctx, st_staged *staged);

/* Dry check before a long run: the folder of `path` can take the file, the name is not a folder,
 * and it is none of the `n` inputs (by device and inode). ST_OUTPUT, ST_ARGUMENT. */
st_status st_summary_check_target(st_context *ctx, const char *path, const char *const *inputs,
                                  size_t n);

#endif
