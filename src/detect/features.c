/* features.c - frame features to and from the scratch file. */
#include "detect/features.h"

st_status st_features_reserve(st_context *ctx, st_scratch *scratch, const st_plan *plan,
                              st_features *features)
{
    size_t row_bytes, bytes;
    *features = (st_features){.scratch = scratch,
                              .plan = plan,
                              .rows = plan->racks,
                              .frames = plan->fast.frames,
                              .n_features = plan->n_features};
    if (!st_multiply((size_t)features->frames, features->n_features * sizeof(float), &row_bytes) ||
        !st_multiply(row_bytes, features->rows, &bytes)) {
        return st_fail(ctx, ST_CAPACITY, "%zu racks x %lld frames are more than can be kept",
                       features->rows, (long long)features->frames);
    }
    return st_scratch_reserve(ctx, scratch, bytes, &features->offset);
}

/* Of all rows from `frame` on, the first of a tile. */
static uint64_t place(const st_features *features, int64_t frame)
{
    return features->offset +
           (uint64_t)features->rows * (uint64_t)frame * features->n_features * sizeof(float);
}

st_status st_features_write(st_context *ctx, const st_features *features,
                            const st_tile_result *tile, size_t first, size_t rows)
{
    const size_t row_floats = tile->frames * features->n_features;
    return st_scratch_write(ctx, features->scratch,
                            place(features, tile->first_frame) + first * row_floats * sizeof(float),
                            tile->features + first * row_floats, rows * row_floats * sizeof(float));
}

size_t st_features_rows(const st_features *features)
{
    enum { BYTES = 1 << 18, MOST = 16 };
    const size_t row_bytes = (size_t)features->frames * features->n_features * sizeof(float);
    const size_t fit = row_bytes > 0 ? BYTES / row_bytes : MOST;
    return fit < 1 ? 1 : fit < MOST ? fit : MOST;
}

st_status st_features_read(st_context *ctx, const st_features *features, size_t first, size_t rows,
                           float *values)
{
    const st_plan *plan = features->plan;
    const size_t frame_bytes = features->n_features * sizeof(float);
    const size_t pitch = (size_t)features->frames * frame_bytes;
    int64_t frame = 0;
    for (int64_t at = 0; at < plan->samples; at += plan->tile_samples) {
        const int64_t left = plan->samples - at;
        const int64_t end = st_plan_frames_until(
            plan, at + (left < plan->tile_samples ? left : plan->tile_samples));
        const size_t bytes = (size_t)(end - frame) * frame_bytes;
        ST_TRY(st_scratch_read_rows(ctx, features->scratch, place(features, frame) + first * bytes,
                                    (char *)values + (size_t)frame * frame_bytes, rows, bytes,
                                    pitch));
        frame = end;
    }
    return ST_OK;
}
