/* vector.h - as many floats at a time as one register of this instruction set holds, in the
 * compilers' vector extensions. Nothing here knows what the floats are. */
#ifndef ST_CPU_VECTOR_H
#define ST_CPU_VECTOR_H

#include <string.h>

#include "formula/lanes.h"

#if defined(__AVX512F__)
enum { VEC = 16, VEC_SUMS = 4 }; /* floats; long sums that are worth taking side by side */
#elif defined(__AVX__)
enum { VEC = 8, VEC_SUMS = 2 };
#else
enum { VEC = 4, VEC_SUMS = 1 };
#endif

typedef float vec __attribute__((vector_size(VEC * sizeof(float)), may_alias));
typedef float vec4 __attribute__((vector_size(16), may_alias));

/* a0 b0 a1 b1 ... of the lower, then of the upper half. */
static inline vec vec_zip_low(vec a, vec b)
{
#if defined(__AVX512F__)
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif defined(__AVX__)
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#else
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#endif
}

static inline vec vec_zip_high(vec a, vec b)
{
#if defined(__AVX512F__)
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31);
#elif defined(__AVX__)
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
}

static inline vec vec_load(const float *x)
{
    vec v;
    memcpy(&v, x, sizeof v);
    return v;
}

/* The 32 lanes of lanes.h. */
typedef struct vec_lanes {
    vec v[ST_LANES / VEC];
} vec_lanes;

static inline float vec_lanes_fold(const vec_lanes *sum)
{
    float lane[ST_LANES];
    memcpy(lane, sum->v, sizeof lane);
    return st_lanes_fold(lane);
}

/* st_lanes_sum; n is a multiple of 32. */
static inline float vec_sum(const float *x, int n)
{
    vec_lanes sum = {{{0.0f}}};
    for (int i = 0; i < n; i += ST_LANES) {
        for (int v = 0; v < ST_LANES / VEC; v++) {
            sum.v[v] += vec_load(x + i + v * VEC);
        }
    }
    return vec_lanes_fold(&sum);
}

/* Sum of w[i] x[i] in the order of lanes.h; n is a multiple of 32. */
static inline float vec_dot(const float *w, const float *x, int n)
{
    vec_lanes sum = {{{0.0f}}};
    for (int i = 0; i < n; i += ST_LANES) {
        for (int v = 0; v < ST_LANES / VEC; v++) {
            sum.v[v] += vec_load(w + i + v * VEC) * vec_load(x + i + v * VEC);
        }
    }
    return vec_lanes_fold(&sum);
}

#endif
