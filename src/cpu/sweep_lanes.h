/* sweep_lanes.h - the lanes of a group of candidates as registers: SWEEP_F registers of floats, or
 * SWEEP_D of doubles. Largest and smallest as in vector.h. */
#ifndef ST_CPU_SWEEP_LANES_H
#define ST_CPU_SWEEP_LANES_H

#include "cpu/sweep_work.h"
#include "cpu/vector.h"

enum { SWEEP_F = SWEEP_LANES / VEC, SWEEP_D = 2 * SWEEP_F, SWEEP_HALF = VEC / 2 };

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

typedef long long vecd_bits __attribute__((vector_size(SWEEP_HALF * sizeof(long long)), may_alias));

/* is ? yes : no, lane by lane; `is` comes from a comparison. */
static inline vecd vecd_where(vecd_bits is, vecd yes, vecd no)
{
    return (vecd)((is & (vecd_bits)yes) | (~is & (vecd_bits)no));
}

/* Half a register of doubles, narrowed. */
static inline void vecd_narrow(float *x, vecd v)
{
    const vech half = vech_narrow(v);
    memcpy(x, &half, sizeof half);
}

/* The lower or the upper half of a register, widened; and both, narrowed. */
static inline vecd vecd_half(vec v, int upper)
{
    vech half[2];
    memcpy(half, &v, sizeof half);
    return vech_widen(half[upper]);
}

static inline vec vec_narrow(vecd lower, vecd upper)
{
    const vech half[2] = {vech_narrow(lower), vech_narrow(upper)};
    vec v;
    memcpy(&v, half, sizeof v);
    return v;
}

#endif
