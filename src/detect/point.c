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

st_status st_point_describe(st_context *ctx, const st_plan *plan, const st_series *series,
                            st_result *result, st_point point)
{
    void *block;
    st_kept kept[4];
    st_point_columns *c = point == ST_POINT_LOAD ? &result->load : &result->draw;
    ST_TRY(keep_overview(ctx, series, result->size[ST_AXIS_BUCKET_FINE], kept));
    ST_TRY(st_alloc(ctx, ST_BLOCK_SAMPLES + 4 * ST_KEPT_BUCKETS, sizeof(double),
                    "a block of a series", &block));
    double *const open = (double *)block + ST_BLOCK_SAMPLES;
    st_envelope envelopes[] = {
        {result->size[ST_AXIS_BUCKET], c->envelope_min_w, c->envelope_mean_w, c->envelope_max_w,
         c->envelope_time_s, NULL},
        {result->size[ST_AXIS_BUCKET_FINE], open, open + ST_KEPT_BUCKETS,
         open + 2 * ST_KEPT_BUCKETS, open + 3 * ST_KEPT_BUCKETS, kept},
    };
    st_status status = st_envelopes_fill(ctx, series, plan->period_ns, envelopes, 2, block);
    st_free(block);
    c->overview_min_w = kept[0];
    c->overview_mean_w = kept[1];
    c->overview_max_w = kept[2];
    c->overview_time_s = kept[3];
    if (status == ST_OK) {
        status = st_spectrum_fill(ctx, plan, series, c);
    }
    return status;
}
