/* scale.c - a part of detect: how the load of the recorded racks becomes that of the site's. */
#include <math.h>

#include "detect/scaling.h"
#include "engine/run.h"

static st_scaling scaling_of(const st_run *run)
{
    size_t live = 0;
    for (size_t r = 0; r < run->plan->racks; r++) {
        live += run->result.racks.valid_samples[r] > 0;
    }
    return (st_scaling){.recorded = (double)run->plan->racks,
                        .live = (double)live,
                        .site = (double)run->site_racks,
                        .rate_hz = run->plan->rate_hz,
                        .mean_gain = run->scale,
                        .n_steps = 1,
                        .step = {{0.0, run->scale}}};
}

void st_run_tell_scaling(st_run *run)
{
    const st_plan *plan = run->plan;
    st_band_columns *columns = &run->result.bands;
    st_scaling scaling = scaling_of(run);
    st_scaling_bands(&scaling, plan->samples, plan->bands, plan->n_bands, columns);
    if (run->swing_later && run->asked->site->replicate == ST_REPLICATE_MEASURED) {
        return;
    }
    if (run->swing_later) {
        st_scaling_incoherent(&scaling);
    }
    for (size_t b = 0; b < plan->n_bands; b++) {
        columns->gain[b] = scaling.step[0].gain;
    }
}

/* What a measurement cannot say is lock-step, the most that racks can do. */
static void warn_of_bounds(st_context *ctx, const st_run *run, const st_scaling *scaling)
{
    const st_band_columns *columns = &run->result.bands;
    size_t bounds = 0;
    for (size_t b = 0; b < run->plan->n_bands; b++) {
        bounds += columns->upper_bound[b];
    }
    if (scaling->live < 2.0) {
        st_notice(ctx, "replicate: measured: one rack does not say how racks swing together; its "
                       "swing is scaled in lock-step, an upper bound");
    } else if (bounds > 0) {
        st_notice(ctx,
                  "replicate: measured: %.0f racks of %.6g s do not tell how %lld racks swing "
                  "together in %zu of %zu bands; the gain is an upper bound there "
                  "(/coherence/upper_bound)",
                  scaling->live, (double)run->plan->samples / scaling->rate_hz,
                  (long long)run->site_racks, bounds, run->plan->n_bands);
    }
}

st_status st_run_scale(st_context *ctx, st_run *run)
{
    st_scaled scaled;
    st_scaling scaling = scaling_of(run);
    if (run->asked->site->replicate == ST_REPLICATE_MEASURED) {
        st_scaling_measured(&scaling, run->plan->bands, run->result.bands.rho, run->plan->n_bands);
        warn_of_bounds(ctx, run, &scaling);
    } else {
        st_scaling_incoherent(&scaling);
    }
    if (run->rack_stages.racks.stages > 0) {
        ST_TRY(st_scaling_apply(ctx, run->scratch, &scaling, &run->seen, &scaled));
    }
    ST_TRY(st_scaling_apply(ctx, run->scratch, &scaling, &run->load, &scaled));
    run->first_w = scaled.first_w;
    run->peak_w = scaled.peak_w;
    return ST_OK;
}
