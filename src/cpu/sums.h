/* sums.h - the long sums of formula/lanes.h in vectors: same lanes, same folds, same bits. */
#ifndef ST_CPU_SUMS_H
#define ST_CPU_SUMS_H

#include "cpu/vector.h"
#include "formula/lanes.h"

/* The 32 lanes of a sum. */
typedef struct vec_lanes {
    vec v[ST_LANES / VEC];
} vec_lanes;

/* Two vectors as one row of blocks of 8, 4, 2 or 1 floats: every other block, from float `o` on. */
#if defined(__AVX512F__)
#define VEC_EVERY_8(o) VEC_RUN_8(o), VEC_RUN_8(o + 16)
#define VEC_EVERY_4(o) VEC_RUN_4(o), VEC_RUN_4(o + 8), VEC_RUN_4(o + 16), VEC_RUN_4(o + 24)
#define VEC_EVERY_2(o) VEC_PAIRS_2(o), VEC_PAIRS_2(o + 8), VEC_PAIRS_2(o + 16), VEC_PAIRS_2(o + 24)
#define VEC_EVERY_1(o) VEC_PAIRS_1(o), VEC_PAIRS_1(o + 8), VEC_PAIRS_1(o + 16), VEC_PAIRS_1(o + 24)
#elif defined(__AVX__)
#define VEC_EVERY_4(o) VEC_RUN_4(o), VEC_RUN_4(o + 8)
#define VEC_EVERY_2(o) VEC_PAIRS_2(o), VEC_PAIRS_2(o + 8)
#define VEC_EVERY_1(o) VEC_PAIRS_1(o), VEC_PAIRS_1(o + 8)
#else
#define VEC_EVERY_2(o) VEC_PAIRS_2(o)
#define VEC_EVERY_1(o) VEC_PAIRS_1(o)
#endif
#define VEC_RUN_8(o)   VEC_RUN_4(o), VEC_RUN_4(o + 4)
#define VEC_RUN_4(o)   o, o + 1, o + 2, o + 3
#define VEC_PAIRS_2(o) o, o + 1, o + 4, o + 5
#define VEC_PAIRS_1(o) o, o + 2, o + 4, o + 6

/* Adds to every block of `size` floats the one after it. */
#define VEC_HALVE(a, b, size)                             \
    (__builtin_shufflevector(a, b, VEC_EVERY_##size(0)) + \
     __builtin_shufflevector(a, b, VEC_EVERY_##size(size)))

/* The lanes of a sum halved until one vector is left. */
static inline vec vec_lanes_halve(const vec_lanes *sum)
{
    vec_lanes s = *sum;
    for (int count = ST_LANES / VEC / 2; count > 0; count /= 2) {
        for (int v = 0; v < count; v++) {
            s.v[v] += s.v[v + count];
        }
    }
    return s.v[0];
}

/* Takes a vector and itself, block by block, through `both` until one float is left. */
#define VEC_FOLD_STEP(both, a, size)                           \
    (both)(__builtin_shufflevector(a, a, VEC_EVERY_##size(0)), \
           __builtin_shufflevector(a, a, VEC_EVERY_##size(size)))

static inline float vec_fold_least(vec a)
{
#if defined(__AVX512F__)
    a = VEC_FOLD_STEP(vec_least, a, 8);
#endif
#if defined(__AVX__)
    a = VEC_FOLD_STEP(vec_least, a, 4);
#endif
    a = VEC_FOLD_STEP(vec_least, a, 2);
    return VEC_FOLD_STEP(vec_least, a, 1)[0];
}

/* Of a vector without NaN. */
static inline float vec_fold_most(vec a)
{
    return -vec_fold_least(-a);
}

static inline float vec_lanes_fold(const vec_lanes *sum)
{
    vec s = vec_lanes_halve(sum);
#if defined(__AVX512F__)
    s = VEC_HALVE(s, s, 8);
#endif
#if defined(__AVX__)
    s = VEC_HALVE(s, s, 4);
#endif
    s = VEC_HALVE(s, s, 2);
    return VEC_HALVE(s, s, 1)[0];
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
