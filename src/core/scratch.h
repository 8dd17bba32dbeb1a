/* scratch.h - a nameless file for what must outlive a tile but not fit in memory: the load, the
 * draw and the frame features. It makes memory independent of the length of the record. */
#ifndef ST_CORE_SCRATCH_H
#define ST_CORE_SCRATCH_H

#include <stdint.h>

#include "core/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct st_scratch st_scratch;

/* Creates and unlinks a file in `folder`: nothing stays behind, however the process ends.
 * ST_OUTPUT when the folder cannot take it. */
st_status st_scratch_open(st_context *ctx, const char *folder, st_scratch **scratch);
void st_scratch_close(st_scratch *scratch);

/* Sets `bytes` aside; *offset is 4096-aligned. Safe from several threads, as all that follows. */
st_status st_scratch_reserve(st_context *ctx, st_scratch *scratch, uint64_t bytes,
                             uint64_t *offset);
/* ST_OUTPUT on a full disk. */
st_status st_scratch_write(st_context *ctx, st_scratch *scratch, uint64_t offset, const void *data,
                           size_t bytes);
st_status st_scratch_read(st_context *ctx, const st_scratch *scratch, uint64_t offset, void *data,
                          size_t bytes);
/* Rows that follow each other in the file, to places `pitch` bytes apart. */
st_status st_scratch_read_rows(st_context *ctx, const st_scratch *scratch, uint64_t offset,
                               void *data, size_t rows, size_t row_bytes, size_t pitch);

/* An array kept in a scratch file; scratch NULL: there is none. */
typedef struct st_kept {
    st_scratch *scratch; /* borrowed */
    uint64_t offset;
} st_kept;

/* A float64 series [samples] kept in a scratch file. */
typedef struct st_series {
    st_scratch *scratch; /* borrowed */
    uint64_t offset;
    int64_t samples;
} st_series;

st_status st_series_reserve(st_context *ctx, st_scratch *scratch, int64_t samples,
                            st_series *series);
/* values[n] <-> samples [first, first + n). */
st_status st_series_write(st_context *ctx, const st_series *series, int64_t first, size_t n,
                          const double *values);
st_status st_series_read(st_context *ctx, const st_series *series, int64_t first, size_t n,
                         double *values);

#ifdef __cplusplus
}
#endif
#endif
