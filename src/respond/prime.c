/* prime.c - finds the first valid sample and the mean of those that follow it within tau. */
#include "respond/prime.h"

#include <math.h>

#include "formula/duration.h"

void st_prime_start(st_prime_search *search, double tau_s, int64_t period_ns, int64_t samples)
{
    const int64_t asked = st_duration_samples(tau_s, period_ns);
    *search = (st_prime_search){.span = asked < 1 ? 1 : asked, .end = samples};
}

void st_prime_add(st_prime_search *search, const double *x, int64_t from, size_t n)
{
    for (size_t i = 0; i < n && from + (int64_t)i < search->end; i++) {
        if (!isfinite(x[i])) {
            continue;
        }
        if (search->valid++ == 0) {
            const int64_t first = from + (int64_t)i;
            search->first_w = x[i];
            search->end = search->span < search->end - first ? first + search->span : search->end;
        }
        st_sum_add(&search->above, x[i] - search->first_w);
    }
}

st_prime st_prime_found(const st_prime_search *search)
{
    if (search->valid == 0) {
        return (st_prime){NAN, 0.0};
    }
    return (st_prime){search->first_w + st_sum_value(search->above) / (double)search->valid,
                      search->first_w};
}

st_status st_prime_find(st_context *ctx, const st_series *series, double tau_s, int64_t period_ns,
                        double *block, st_prime *prime)
{
    st_prime_search search;
    st_prime_start(&search, tau_s, period_ns, series->samples);
    for (int64_t from = 0; st_prime_wants(&search, from); from += ST_RESPOND_BLOCK) {
        const int64_t left = series->samples - from;
        const size_t n = (size_t)(left < ST_RESPOND_BLOCK ? left : ST_RESPOND_BLOCK);
        ST_TRY(st_series_read(ctx, series, from, n, block));
        st_prime_add(&search, block, from, n);
    }
    *prime = st_prime_found(&search);
    return ST_OK;
}
