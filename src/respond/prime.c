/* prime.c - finds the first valid sample and the mean of those that follow it within tau. */
#include "respond/prime.h"

#include <math.h>

#include "formula/duration.h"
#include "formula/sum.h"

st_status st_prime_find(st_context *ctx, const st_series *series, double tau_s, int64_t period_ns,
                        double *block, st_prime *prime)
{
    const int64_t asked = st_duration_samples(tau_s, period_ns);
    const int64_t span = asked < 1 ? 1 : asked;
    st_sum above = {0.0, 0.0}; /* of the first valid one: keeps the digits of small changes */
    int64_t valid = 0, end = series->samples;
    *prime = (st_prime){NAN, 0.0};
    for (int64_t from = 0; from < end; from += ST_RESPOND_BLOCK) {
        const int64_t left = series->samples - from;
        const size_t n = (size_t)(left < ST_RESPOND_BLOCK ? left : ST_RESPOND_BLOCK);
        ST_TRY(st_series_read(ctx, series, from, n, block));
        for (size_t i = 0; i < n && from + (int64_t)i < end; i++) {
            if (!isfinite(block[i])) {
                continue;
            }
            if (valid++ == 0) {
                const int64_t first = from + (int64_t)i;
                prime->first_w = block[i];
                end = span < series->samples - first ? first + span : series->samples;
            }
            st_sum_add(&above, block[i] - prime->first_w);
        }
    }
    if (valid > 0) {
        prime->level_w = prime->first_w + st_sum_value(above) / (double)valid;
    }
    return ST_OK;
}
