/* prime.h - what a stage sees before and between the valid samples of its input.
 * A part of respond: the level L0 and the held series. */
#ifndef ST_RESPOND_PRIME_H
#define ST_RESPOND_PRIME_H

#include "core/scratch.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_RESPOND_BLOCK = 16384 }; /* samples read at a time */

typedef struct st_prime {
    double level_w; /* L0; NaN when no sample is valid */
    double first_w; /* the first valid sample; 0 when there is none */
} st_prime;

/* L0 = mean of the valid samples among the first max(1, min(samples(tau), N)) counted from the
 * first valid one. block: [ST_RESPOND_BLOCK], workspace. */
st_status st_prime_find(st_context *ctx, const st_series *series, double tau_s, int64_t period_ns,
                        double *block, st_prime *prime);

#ifdef __cplusplus
}
#endif
#endif
