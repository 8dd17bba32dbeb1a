/* part.c - what figures of single stages share: a plan, a source, and the check of spectra. */
#include "part.h"

#include <string.h>

#include "core/memory.h"

static const double spectrum_tolerance = 1e-5; /* of the largest bin */

st_status bench_plan(bench *b, const bench_data *data, const double *offset_w, int threads,
                     st_plan **plan)
{
    const st_trace_info info = {.racks = data->racks,
                                .samples = (int64_t)data->samples,
                                .period_ns = BENCH_PERIOD_NS,
                                .rate_hz = 1e9 / BENCH_PERIOD_NS,
                                .offset_w = offset_w};
    st_settings settings;
    st_settings_default(&settings);
    settings.threads = threads;
    return st_plan_create(b->ctx, &info, &settings, plan);
}

st_status bench_source_read(const void *state, st_context *ctx, size_t first_rack, size_t racks,
                            int64_t first, size_t samples, float *out_w, size_t stride)
{
    const bench_data *data = state;
    (void)ctx;
    for (size_t r = 0; r < racks; r++) {
        const float *row = data->power_w + (first_rack + r) * data->samples;
        for (size_t done = 0; done < samples;) {
            const size_t at = ((size_t)first + done) % data->samples;
            const size_t left = data->samples - at, wanted = samples - done;
            const size_t n = left < wanted ? left : wanted;
            memcpy(out_w + r * stride + done, row + at, n * sizeof(float));
            done += n;
        }
    }
    return ST_OK;
}

st_status bench_check_power(bench *b, const char *who, const bench_data *data, int n,
                            const double *power)
{
    const size_t bins = (size_t)n / 2 + 1, racks[] = {0, data->racks - 1};
    void *block;
    ST_TRY(st_alloc(b->ctx, bins, sizeof(double), "a reference", &block));
    double worst = 0.0;
    for (size_t i = 0; i < 2; i++) {
        bench_reference_welch(data->power_w + racks[i] * data->samples, data->samples, n, block);
        const double off = bench_worst(power + racks[i] * bins, block, bins);
        worst = off <= worst ? worst : off;
    }
    st_free(block);
    return worst <= spectrum_tolerance
               ? ST_OK
               : st_fail(b->ctx, ST_INTERNAL,
                         "%s: a spectrum differs from float64 by %.2g of its largest bin; "
                         "allowed: %g",
                         who, worst, spectrum_tolerance);
}
