/* sweep_lanes.h - the lanes of a group of candidates as registers: SWEEP_F registers of floats, or
 * SWEEP_D of doubles. Largest and smallest are those of the comparison a > b ? a : b, on every
 * instruction set: where `a` is NaN the result is b. */
#ifndef ST_CPU_SWEEP_LANES_H
#define ST_CPU_SWEEP_LANES_H

#include "cpu/sweep_work.h"
#include "cpu/vector.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum { SWEEP_F = SWEEP_LANES / VEC, SWEEP_D = 2 * SWEEP_F, SWEEP_HALF = VEC / 2 };

typedef float vech __attribute__((vector_size(SWEEP_HALF * sizeof(float)), may_alias));
typedef double vecd __attribute__((vector_size(SWEEP_HALF * sizeof(double)), may_alias));

static inline vec vec_most(vec a, vec b)
{
#if defined(__AVX512F__)
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX__)
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
    return (vec)_mm_max_ps((__m128)a, (__m128)b);
#else
    for (int i = 0; i < VEC; i++) {
        b[i] = a[i] > b[i] ? a[i] : b[i];
    }
    return b;
#endif
}

static inline vec vec_least(vec a, vec b)
{
#if defined(__AVX512F__)
    return (vec)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX__)
    return (vec)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
    return (vec)_mm_min_ps((__m128)a, (__m128)b);
#else
    for (int i = 0; i < VEC; i++) {
        b[i] = a[i] < b[i] ? a[i] : b[i];
    }
    return b;
#endif
}

static inline vecd vecd_most(vecd a, vecd b)
{
#if defined(__AVX512F__)
    return (vecd)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif defined(__AVX__)
    return (vecd)_mm256_max_pd((__m256d)a, (__m256d)b);
#elif defined(__SSE2__)
    return (vecd)_mm_max_pd((__m128d)a, (__m128d)b);
#else
    for (int i = 0; i < SWEEP_HALF; i++) {
        b[i] = a[i] > b[i] ? a[i] : b[i];
    }
    return b;
#endif
}

static inline vecd vecd_least(vecd a, vecd b)
{
#if defined(__AVX512F__)
    return (vecd)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif defined(__AVX__)
    return (vecd)_mm256_min_pd((__m256d)a, (__m256d)b);
#elif defined(__SSE2__)
    return (vecd)_mm_min_pd((__m128d)a, (__m128d)b);
#else
    for (int i = 0; i < SWEEP_HALF; i++) {
        b[i] = a[i] < b[i] ? a[i] : b[i];
    }
    return b;
#endif
}

/* True where any lane of a is not that of b. */
static inline bool vecd_differ(vecd a, vecd b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_NEQ_UQ) != 0;
#elif defined(__AVX__)
    return _mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_NEQ_UQ)) != 0;
#elif defined(__SSE2__)
    return _mm_movemask_pd(_mm_cmpneq_pd((__m128d)a, (__m128d)b)) != 0;
#else
    bool differ = false;
    for (int i = 0; i < SWEEP_HALF; i++) {
        differ = differ || a[i] != b[i];
    }
    return differ;
#endif
}

static inline vecd vecd_load(const double *x)
{
    vecd v;
    memcpy(&v, x, sizeof v);
    return v;
}

static inline void vecd_store(double *x, vecd v)
{
    memcpy(x, &v, sizeof v);
}

static inline void vec_store(float *x, vec v)
{
    memcpy(x, &v, sizeof v);
}

/* Half a register of floats, widened. */
static inline vecd vecd_widen(const float *x)
{
    vech half;
    memcpy(&half, x, sizeof half);
    return __builtin_convertvector(half, vecd);
}

static inline void vecd_narrow(float *x, vecd v)
{
    const vech half = __builtin_convertvector(v, vech);
    memcpy(x, &half, sizeof half);
}

static inline vec vec_all(float x)
{
    return (vec){0.0f} + x;
}

static inline vecd vecd_all(double x)
{
    return (vecd){0.0} + x;
}

#endif
