/* features.c - frame features to and from the scratch file. */
#include "detect/features.h"

#include <stdatomic.h>

st_status st_features_reserve(st_context *ctx, st_scratch *scratch, const st_plan *plan,
                              st_features *features)
{
    size_t row_bytes, bytes;
    *features = (st_features){scratch, 0, plan->racks, plan->fast.frames, plan->n_features};
    if (!st_multiply((size_t)features->frames, features->n_features * sizeof(float), &row_bytes) ||
        !st_multiply(row_bytes, features->rows, &bytes)) {
        return st_fail(ctx, ST_CAPACITY, "%zu racks x %lld frames are more than can be kept",
                       features->rows, (long long)features->frames);
    }
    return st_scratch_reserve(ctx, scratch, bytes, &features->offset);
}

static uint64_t place(const st_features *features, size_t row, int64_t frame)
{
    return features->offset + ((uint64_t)row * (uint64_t)features->frames + (uint64_t)frame) *
                                  features->n_features * sizeof(float);
}

st_status st_features_write(st_context *ctx, const st_features *features,
                            const st_tile_result *tile, int threads)
{
    const size_t row_floats = tile->frame_capacity * features->n_features;
    const size_t rows = tile->frames > 0 ? features->rows : 0;
    atomic_int failure = ST_OK;
#pragma omp parallel for num_threads(threads) /* a call of the kernel for every row */
    for (size_t row = 0; row < rows; row++) {
        const st_status status = st_scratch_write(
            ctx, features->scratch, place(features, row, tile->first_frame),
            tile->features + row * row_floats, tile->frames * features->n_features * sizeof(float));
        int fine = ST_OK;
        if (status != ST_OK) {
            (void)atomic_compare_exchange_strong(&failure, &fine, (int)status);
        }
    }
    return (st_status)failure;
}

st_status st_features_read(st_context *ctx, const st_features *features, size_t row, float *values)
{
    return st_scratch_read(ctx, features->scratch, place(features, row, 0), values,
                           (size_t)features->frames * features->n_features * sizeof(float));
}
