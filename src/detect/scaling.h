/* scaling.h - the load of the recorded racks becomes that of the site's: the mean grows with their
 * number, the swing by a gain for each frequency, as one linear-phase FIR (METHODS 4).
 * Stands between the racks' pass and everything that looks at the load; knows neither traces nor
 * sites. */
#ifndef ST_DETECT_SCALING_H
#define ST_DETECT_SCALING_H

#include <stdbool.h>

#include "core/scratch.h"
#include "model/result.h"
#include "surgetank/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The gain from from_hz up to the next step, or to Nyquist. */
typedef struct st_gain_step {
    double from_hz, gain;
} st_gain_step;

enum { ST_GAIN_STEPS = 2 * ST_MAX_BANDS + 1 };

typedef struct st_scaling {
    double recorded, live, site; /* racks: of the recording, with a valid sample, of the site */
    double rate_hz;
    double mean_gain; /* R'/R */
    size_t n_steps;   /* >= 1; the first starts at 0 Hz */
    st_gain_step step[ST_GAIN_STEPS];
} st_scaling;

/* Correlation, its noise and the gain of each band; columns are allocated. kappa is there; the
 * gain is that of lock-step where rho is NaN. `samples` of the record at rate_hz. */
void st_scaling_bands(const st_scaling *scaling, int64_t samples, const st_band *bands, size_t n,
                      st_band_columns *columns);

/* One gain for every swing: the racks are independent. */
void st_scaling_incoherent(st_scaling *scaling);
/* Steps from the rho of the bands, the larger where they overlap; 1 where no band has one. */
void st_scaling_measured(st_scaling *scaling, const st_band *bands, const double *rho, size_t n);

/* Taps of the filter: odd, 1 where there is but one step. */
size_t st_scaling_taps(const st_scaling *scaling);
/* The half with the centre: h[k], k = 0..taps/2, of the symmetric impulse response. */
void st_scaling_design(const st_scaling *scaling, size_t taps, double *h);

/* What is known of the scaled load. */
typedef struct st_scaled {
    double mean_w, first_w, peak_w; /* of valid samples */
} st_scaled;

/* Scales `load` in place: [samples], W, NaN = invalid; at least one is valid. Reserves a series of
 * its length in `scratch`. */
st_status st_scaling_apply(st_context *ctx, st_scratch *scratch, const st_scaling *scaling,
                           const st_series *load, st_scaled *scaled);

#ifdef __cplusplus
}
#endif
#endif
