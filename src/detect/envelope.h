/* envelope.h - a series of any length as buckets of min, mean and max, for plots. */
#ifndef ST_DETECT_ENVELOPE_H
#define ST_DETECT_ENVELOPE_H

#include "core/scratch.h"

/* Bucket b covers samples [b S / n, (b + 1) S / n) of the S samples; arrays are [n], W and s. */
typedef struct st_envelope {
    size_t n;                       /* > 0, at most the number of samples */
    double *min_w, *mean_w, *max_w; /* NaN where no sample is valid */
    double *time_s;                 /* middle of the bucket, s after the start */
    /* [4]: where the arrays are kept, in the order above; they are [ST_KEPT_BUCKETS] then, and
     * buckets pass through them. NULL: they stay. */
    const st_kept *kept;
} st_envelope;

enum { ST_KEPT_BUCKETS = 8192 }; /* 64 KiB: files take smaller pieces less readily */

enum { ST_BLOCK_SAMPLES = 16384 }; /* a narrow series is read in blocks of this many samples */

/* Fills any number of envelopes in one pass. `values` is borrowed work space of
 * ST_BLOCK_SAMPLES doubles. */
st_status st_envelopes_fill(st_context *ctx, const st_series *series, int64_t period_ns,
                            st_envelope *envelopes, size_t n_envelopes, double *values);

#endif
