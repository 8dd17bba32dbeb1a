/* vector.h - 16 floats at a time in the compilers' vector extensions; a machine with shorter
 * vectors does them in pieces. Nothing here knows what the floats are. */
#ifndef ST_CPU_VECTOR_H
#define ST_CPU_VECTOR_H

#include <string.h>

#include "formula/lanes.h"

typedef float vec16 __attribute__((vector_size(64), may_alias));
typedef float vec4 __attribute__((vector_size(16), may_alias));

/* a0 b0 a1 b1 ... of the lower, then of the upper half. */
static inline vec16 vec16_zip_low(vec16 a, vec16 b)
{
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

static inline vec16 vec16_zip_high(vec16 a, vec16 b)
{
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31);
}

static inline vec16 vec16_load(const float *x)
{
    vec16 v;
    memcpy(&v, x, sizeof v);
    return v;
}

/* st_lanes_fold of lanes 0..15 and 16..31. */
static inline float vec16_fold(vec16 low, vec16 high)
{
    float lane[16];
    low += high;
    memcpy(lane, &low, sizeof lane);
    for (int half = 8; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
            lane[l] += lane[l + half];
        }
    }
    return lane[0];
}

/* st_lanes_sum; n is a multiple of 32. */
static inline float vec16_sum(const float *x, int n)
{
    vec16 low = {0.0f}, high = {0.0f};
    for (int i = 0; i < n; i += ST_LANES) {
        low += vec16_load(x + i);
        high += vec16_load(x + i + 16);
    }
    return vec16_fold(low, high);
}

/* Sum of w[i] x[i] in the order of lanes.h; n is a multiple of 32. */
static inline float vec16_dot(const float *w, const float *x, int n)
{
    vec16 low = {0.0f}, high = {0.0f};
    for (int i = 0; i < n; i += ST_LANES) {
        low += vec16_load(w + i) * vec16_load(x + i);
        high += vec16_load(w + i + 16) * vec16_load(x + i + 16);
    }
    return vec16_fold(low, high);
}

#endif
