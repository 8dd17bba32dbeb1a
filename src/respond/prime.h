/* prime.h - what a stage sees before and between the valid samples of its input.
 * A part of respond: the level L0 and the held series. */
#ifndef ST_RESPOND_PRIME_H
#define ST_RESPOND_PRIME_H

#include <stdbool.h>

#include "core/scratch.h"
#include "formula/sum.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_RESPOND_BLOCK = 16384 }; /* samples read at a time */

typedef struct st_prime {
    double level_w; /* L0; NaN when no sample is valid */
    double first_w; /* the first valid sample; 0 when there is none */
} st_prime;

/* L0 = mean of the valid samples among the first max(1, min(samples(tau), N)) counted from the
 * first valid one: a search that is shown a series from its start. */
typedef struct st_prime_search {
    int64_t span, end; /* samples that count from the first valid one; where they end */
    int64_t valid;
    st_sum above; /* of the first valid one: keeps the digits of small changes */
    double first_w;
} st_prime_search;

void st_prime_start(st_prime_search *search, double tau_s, int64_t period_ns, int64_t samples);
/* x: [n], W, NaN = invalid, from sample `from` on. */
void st_prime_add(st_prime_search *search, const double *x, int64_t from, size_t n);
/* False: everything that counts lies before sample `from`. */
static inline bool st_prime_wants(const st_prime_search *search, int64_t from)
{
    return from < search->end;
}
st_prime st_prime_found(const st_prime_search *search);

/* The same for a series. block: [ST_RESPOND_BLOCK], workspace. */
st_status st_prime_find(st_context *ctx, const st_series *series, double tau_s, int64_t period_ns,
                        double *block, st_prime *prime);

#ifdef __cplusplus
}
#endif
#endif
