/* features.h - the frame features of a whole record, kept in the scratch file row by row.
 * Pass 1 of event detection writes them, pass 2 reads one row (a rack, or the load) at a time. */
#ifndef ST_DETECT_FEATURES_H
#define ST_DETECT_FEATURES_H

#include "core/scratch.h"
#include "model/backend.h"

/* float32 [rows][frames][n_features], order of enum st_feature. */
typedef struct st_features {
    st_scratch *scratch; /* borrowed */
    uint64_t offset;
    size_t rows;
    int64_t frames;
    size_t n_features;
} st_features;

st_status st_features_reserve(st_context *ctx, st_scratch *scratch, const st_plan *plan,
                              st_features *features);
/* Adds the frames of one tile. */
st_status st_features_write(st_context *ctx, const st_features *features,
                            const st_tile_result *tile, int threads);
/* values: [frames][n_features] of one row. */
st_status st_features_read(st_context *ctx, const st_features *features, size_t row, float *values);

#endif
