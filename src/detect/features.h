/* features.h - the frame features of a whole record, kept in the scratch file row by row.
 * Pass 1 of event detection writes them, pass 2 reads one row (a rack, or the load) at a time. */
#ifndef ST_DETECT_FEATURES_H
#define ST_DETECT_FEATURES_H

#include "core/scratch.h"
#include "model/backend.h"

/* float32, tile after tile as pass 1 leaves them: [rows][frames of the tile][n_features], order of
 * enum st_feature. One write for a tile: a file takes few large pieces five times as fast as many
 * small ones. */
typedef struct st_features {
    st_scratch *scratch; /* borrowed */
    const st_plan *plan; /* borrowed */
    uint64_t offset;
    size_t rows;
    int64_t frames;
    size_t n_features;
} st_features;

st_status st_features_reserve(st_context *ctx, st_scratch *scratch, const st_plan *plan,
                              st_features *features);
/* Adds rows [first, first + rows) of one tile, which lie without room between them: frame_capacity
 * is frames. Safe from several threads. */
st_status st_features_write(st_context *ctx, const st_features *features,
                            const st_tile_result *tile, size_t first, size_t rows);

/* How many rows are worth reading at once: as many as 256 KiB hold, at least 1, at most 16. */
size_t st_features_rows(const st_features *features);
/* values: [rows][frames][n_features] of rows [first, first + rows). */
st_status st_features_read(st_context *ctx, const st_features *features, size_t first, size_t rows,
                           float *values);

#endif
