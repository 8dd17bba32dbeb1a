/* racks.c - detect, per rack: sums over a record become levels, spectra, bands, ramps and lines. */
#include "detect/racks.h"

#include <math.h>
#include <omp.h>

#include "core/memory.h"
#include "formula/band.h"
#include "formula/line.h"

static const double line_low_hz = 0.1; /* slower lines belong to load and draw */

static void finish_levels(const st_plan *plan, const st_rack_sums *sums, size_t rack,
                          st_rack_columns *columns)
{
    const int64_t valid = sums->valid[rack];
    columns->valid_samples[rack] = valid;
    columns->invalid_samples[rack] = plan->samples - valid;
    columns->frames_used[rack] = sums->frames_used[rack];
    columns->frames_flagged[rack] = sums->frames_flagged[rack];
    columns->frames_dropped[rack] = sums->frames_dropped[rack];
    if (valid == 0) {
        columns->mean_w[rack] = columns->min_w[rack] = columns->max_w[rack] = NAN;
        columns->std_w[rack] = columns->load_factor[rack] = NAN;
        columns->energy_j[rack] = 0.0;
        return;
    }
    const double mean_w = sums->mean_w[rack] + plan->offset_w[rack];
    columns->mean_w[rack] = mean_w;
    columns->min_w[rack] = sums->min_w[rack] + plan->offset_w[rack];
    columns->max_w[rack] = sums->max_w[rack] + plan->offset_w[rack];
    columns->std_w[rack] = sqrt(sums->m2_w2[rack] / (double)valid);
    columns->energy_j[rack] = mean_w * (double)valid * ((double)plan->period_ns / 1e9);
    columns->load_factor[rack] = mean_w / columns->max_w[rack];
}

/* One-sided density of a sum over frames; NaN without frames. psd: [n/2 + 1], W^2/Hz. */
static void finish_psd(const st_frames *frames, const double *power, int64_t used, double *psd,
                       float *column)
{
    const int last = frames->n / 2;
    const double count = used == 0 ? (double)NAN : (double)used;
    for (int k = 0; k <= last; k++) {
        psd[k] = power[k] * frames->density / count;
    }
    psd[0] *= 0.5;
    psd[last] *= 0.5;
    for (int k = 0; k <= last; k++) {
        column[k] = (float)psd[k];
    }
}

static double band_rms(const st_plan *plan, size_t band, const double *fast, const double *slow)
{
    const st_band *b = &plan->bands[band];
    switch (plan->band_source[band]) {
    case ST_BAND_SLOW:
        return st_band_rms(slow, plan->slow.n, plan->slow.df_hz, b->low_hz, b->high_hz);
    case ST_BAND_FAST:
        return st_band_rms(fast, plan->fast.n, plan->fast.df_hz, b->low_hz, b->high_hz);
    case ST_BAND_UNRESOLVED: break;
    }
    return NAN;
}

/* The larger of the slow spectrum's line, up to where the decimator is flat, and the fast one's
 * above that; where a record has no slow frame, the fast spectrum answers for all it resolves. */
static st_line dominant_line(const st_plan *plan, const double *fast, const double *slow)
{
    const double flat_hz = 0.4 * plan->slow.rate_hz;
    const double split_hz = isnan(slow[0]) ? 0.0 : flat_hz;
    const st_line low =
        st_line_strongest(slow, plan->slow.n, plan->slow.df_hz, line_low_hz, flat_hz);
    const st_line high =
        st_line_strongest(fast, plan->fast.n, plan->fast.df_hz, split_hz, plan->rate_hz / 2.0);
    return isnan(low.amplitude_w) || high.amplitude_w > low.amplitude_w ? high : low;
}

static void finish_axes(const st_plan *plan, st_rack_columns *columns)
{
    for (int k = 0; k <= plan->fast.n / 2; k++) {
        columns->frequency_hz[k] = k * plan->fast.df_hz;
    }
    for (int k = 0; k <= plan->slow.n / 2; k++) {
        columns->frequency_slow_hz[k] = k * plan->slow.df_hz;
    }
    for (int w = 0; w < ST_RAMP_WINDOWS; w++) {
        columns->ramp_window_s[w] = plan->ramp_window_s[w];
    }
}

/* fast, slow: work space [n/2 + 1] of each spectrum. */
static void finish_rack(const st_plan *plan, const st_rack_sums *sums, size_t rack, double *fast,
                        double *slow, st_rack_columns *columns)
{
    const size_t bins = (size_t)plan->fast.n / 2 + 1, slow_bins = (size_t)plan->slow.n / 2 + 1;
    finish_levels(plan, sums, rack, columns);
    finish_psd(&plan->fast, sums->power_fast + rack * bins, sums->frames_used[rack], fast,
               columns->psd + rack * bins);
    finish_psd(&plan->slow, sums->power_slow + rack * slow_bins, sums->slow_used[rack], slow,
               columns->psd_slow + rack * slow_bins);
    for (size_t b = 0; b < plan->n_bands; b++) {
        columns->band_rms_w[rack * plan->n_bands + b] = band_rms(plan, b, fast, slow);
    }
    for (size_t i = 0; i < 2 * ST_RAMP_WINDOWS; i++) {
        const double ramp_w = sums->ramp_w[rack * 2 * ST_RAMP_WINDOWS + i];
        columns->ramp_max_w[rack * 2 * ST_RAMP_WINDOWS + i] =
            plan->ramp_lag[i / 2] > 0 ? ramp_w : (double)NAN;
    }
    const st_line line = dominant_line(plan, fast, slow);
    columns->dominant_frequency_hz[rack] = line.frequency_hz;
    columns->dominant_amplitude_w[rack] = line.amplitude_w;
}

st_status st_racks_finish(st_context *ctx, const st_plan *plan, const st_rack_sums *sums,
                          st_result *result)
{
    const size_t bins = (size_t)plan->fast.n / 2 + 1, slow_bins = (size_t)plan->slow.n / 2 + 1;
    void *spectra; /* of one rack, for each thread */
    ST_TRY(st_alloc(ctx, (size_t)plan->threads * (bins + slow_bins), sizeof(double),
                    "the spectra of a rack", &spectra));
    finish_axes(plan, &result->racks);
#pragma omp parallel for num_threads(plan->threads)
    for (size_t rack = 0; rack < plan->racks; rack++) {
        double *psd = (double *)spectra + (size_t)omp_get_thread_num() * (bins + slow_bins);
        finish_rack(plan, sums, rack, psd, psd + bins, &result->racks);
    }
    st_free(spectra);
    return ST_OK;
}
