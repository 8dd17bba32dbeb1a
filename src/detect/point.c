/* point.c - puts together the spectra and envelopes of one point. */
#include "detect/point.h"

#include "core/memory.h"
#include "detect/envelope.h"
#include "detect/spectrum.h"

enum { BUCKETS = 8192, FINER = 16 };

static size_t at_most(int64_t samples, size_t most)
{
    return samples < (int64_t)most ? (size_t)samples : most;
}

void st_point_sizes(const st_plan *plan, size_t *size)
{
    size[ST_AXIS_FREQ_SITE] = (size_t)plan->site_frame / 2 + 1;
    size[ST_AXIS_SPAN] = st_spectrum_spans(plan->site_frames);
    size[ST_AXIS_BUCKET] = at_most(plan->samples, BUCKETS);
    size[ST_AXIS_BUCKET_FINE] = at_most(plan->samples, (size_t)BUCKETS * FINER);
}

/* Columns of the overview pass through a few buckets: in memory they would grow with the record. */
static st_status keep_overview(st_context *ctx, const st_series *series, size_t buckets,
                               st_kept kept[4])
{
    for (int i = 0; i < 4; i++) {
        kept[i].scratch = series->scratch;
        ST_TRY(st_scratch_reserve(ctx, series->scratch, buckets * sizeof(double), &kept[i].offset));
    }
    return ST_OK;
}

static st_status describe(st_context *ctx, const st_plan *plan, const st_spectrum_tables *tables,
                          const st_series *series, const size_t *size, st_point_columns *c)
{
    void *block;
    st_kept kept[4];
    ST_TRY(keep_overview(ctx, series, size[ST_AXIS_BUCKET_FINE], kept));
    ST_TRY(st_alloc(ctx, ST_BLOCK_SAMPLES + 4 * ST_KEPT_BUCKETS, sizeof(double),
                    "a block of a series", &block));
    double *const open = (double *)block + ST_BLOCK_SAMPLES;
    st_envelope envelopes[] = {
        {size[ST_AXIS_BUCKET], c->envelope_min_w, c->envelope_mean_w, c->envelope_max_w,
         c->envelope_time_s, NULL},
        {size[ST_AXIS_BUCKET_FINE], open, open + ST_KEPT_BUCKETS, open + 2 * ST_KEPT_BUCKETS,
         open + 3 * ST_KEPT_BUCKETS, kept},
    };
    const st_status status = st_envelopes_fill(ctx, series, plan->period_ns, envelopes, 2, block);
    st_free(block);
    c->overview_min_w = kept[0];
    c->overview_mean_w = kept[1];
    c->overview_max_w = kept[2];
    c->overview_time_s = kept[3];
    return status == ST_OK ? st_spectrum_fill(ctx, plan, tables, series, c) : status;
}

/* A thread for each point: what one does in turn keeps to its own cache, and two need no more
 * memory for a long record than for a short one. */
st_status st_points_describe(st_context *ctx, const st_plan *plan, const st_series *load,
                             const st_series *draw, st_result *result)
{
    enum { POINTS = 2 };
    const st_series *const series[POINTS] = {load, draw};
    st_point_columns *const columns[POINTS] = {&result->load, &result->draw};
    st_status status[POINTS] = {ST_OK, ST_OK};
    st_spectrum_tables tables;
    status[0] = st_spectrum_open(ctx, plan, &tables);
#pragma omp parallel for num_threads(plan->threads < POINTS ? plan->threads : POINTS)
    for (int i = 0; i < POINTS; i++) {
        if (tables.twiddle != NULL) {
            status[i] = describe(ctx, plan, &tables, series[i], result->size, columns[i]);
        }
    }
    st_spectrum_close(&tables);
    return status[0] != ST_OK ? status[0] : status[1];
}
