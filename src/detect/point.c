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
    size[ST_AXIS_FREQ_SITE] = (size_t)(plan->site_frame / 2 + 1);
    size[ST_AXIS_SPAN] = st_spectrum_spans(plan->site_frames);
    size[ST_AXIS_BUCKET] = at_most(plan->samples, BUCKETS);
    size[ST_AXIS_BUCKET_FINE] = at_most(plan->samples, (size_t)BUCKETS * FINER);
}

st_status st_point_describe(st_context *ctx, const st_plan *plan, const st_series *series,
                            st_result *result, st_point point)
{
    void *block;
    st_point_columns *c = point == ST_POINT_LOAD ? &result->load : &result->draw;
    st_envelope envelopes[] = {
        {result->size[ST_AXIS_BUCKET], c->envelope_min_w, c->envelope_mean_w, c->envelope_max_w,
         c->envelope_time_s},
        {result->size[ST_AXIS_BUCKET_FINE], c->overview_min_w, c->overview_mean_w,
         c->overview_max_w, c->overview_time_s},
    };
    ST_TRY(st_alloc(ctx, ST_BLOCK_SAMPLES, sizeof(double), "a block of a series", &block));
    st_status status = st_envelopes_fill(ctx, series, plan->period_ns, envelopes, 2, block);
    st_free(block);
    if (status == ST_OK) {
        status = st_spectrum_fill(ctx, plan, series, c);
    }
    return status;
}
