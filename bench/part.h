/* part.h - stages of the product on their own, with the recording in memory as their input.
 * Uses the contracts between rooms (model/backend.h), which no public call reaches. */
#ifndef ST_BENCH_PART_H
#define ST_BENCH_PART_H

#include "bench.h"
#include "model/backend.h"

/* A plan as a run over this recording would make it. offset_w: [racks], zeros, kept by the
 * caller. */
st_status bench_plan(bench *b, const bench_data *data, const double *offset_w, int threads,
                     st_plan **plan);

/* st_source over the recording; state: a bench_data. A record that is longer goes over it again and
 * again: hours need no more memory than minutes. */
st_status bench_source_read(const void *state, st_context *ctx, size_t first_rack, size_t racks,
                            int64_t first, size_t samples, float *out_w, size_t stride);

/* [racks][n/2 + 1] spectral sums against float64, for the first and the last rack. */
st_status bench_check_power(bench *b, const char *who, const bench_data *data, int n,
                            const double *power);

#endif
