/* vector_f64.h - choices between the doubles of registers, lane by lane, that the compilers' vector
 * extensions have no word for. */
#ifndef ST_CPU_VECTOR_F64_H
#define ST_CPU_VECTOR_F64_H

#include <stdbool.h>

#include "cpu/vector.h"

typedef long long vecd_bits __attribute__((vector_size(VEC_HALF * sizeof(long long)), may_alias));

/* a > b ? a : b, lane by lane: b where a lane is NaN. */
static inline vecd vecd_most(vecd a, vecd b)
{
#if defined(__AVX512F__)
    return (vecd)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif defined(__AVX__)
    return (vecd)_mm256_max_pd((__m256d)a, (__m256d)b);
#elif defined(__SSE2__)
    return (vecd)_mm_max_pd((__m128d)a, (__m128d)b);
#else
    const vecd_bits mask = a > b;
    return (vecd)((mask & (vecd_bits)a) | (~mask & (vecd_bits)b));
#endif
}

/* a < b ? a : b */
static inline vecd vecd_least(vecd a, vecd b)
{
#if defined(__AVX512F__)
    return (vecd)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif defined(__AVX__)
    return (vecd)_mm256_min_pd((__m256d)a, (__m256d)b);
#elif defined(__SSE2__)
    return (vecd)_mm_min_pd((__m128d)a, (__m128d)b);
#else
    const vecd_bits mask = a < b;
    return (vecd)((mask & (vecd_bits)a) | (~mask & (vecd_bits)b));
#endif
}

/* a < b ? yes : no; `no` where a lane of a or b is NaN. */
static inline vecd vecd_where_less(vecd a, vecd b, vecd yes, vecd no)
{
#if defined(__AVX512F__)
    return (vecd)_mm512_mask_mov_pd(
        (__m512d)no, _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ), (__m512d)yes);
#else
    const vecd_bits mask = a < b;
    return (vecd)((mask & (vecd_bits)yes) | (~mask & (vecd_bits)no));
#endif
}

/* a == b ? yes : no; with b = a: where a is a number. */
static inline vecd vecd_where_equal(vecd a, vecd b, vecd yes, vecd no)
{
#if defined(__AVX512F__)
    return (vecd)_mm512_mask_mov_pd(
        (__m512d)no, _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_EQ_OQ), (__m512d)yes);
#else
    const vecd_bits mask = a == b;
    return (vecd)((mask & (vecd_bits)yes) | (~mask & (vecd_bits)no));
#endif
}

/* is ? yes : no, lane by lane; `is` comes from a comparison. */
static inline vecd vecd_where(vecd_bits is, vecd yes, vecd no)
{
    return (vecd)((is & (vecd_bits)yes) | (~is & (vecd_bits)no));
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
    for (int i = 0; i < VEC_HALF; i++) {
        differ = differ || a[i] != b[i];
    }
    return differ;
#endif
}

/* st_clamp of formula/storage.h. */
static inline vecd vecd_clamp(vecd x, vecd low, vecd high)
{
    return vecd_least(high, vecd_most(low, x));
}

/* Bit l is set where a < b in lane l. */
static inline unsigned vecd_less(vecd a, vecd b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ);
#elif defined(__AVX__)
    return (unsigned)_mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_LT_OQ));
#elif defined(__SSE2__)
    return (unsigned)_mm_movemask_pd(_mm_cmplt_pd((__m128d)a, (__m128d)b));
#else
    unsigned bits = 0;
    for (int l = 0; l < VEC_HALF; l++) {
        bits |= (unsigned)(a[l] < b[l]) << l;
    }
    return bits;
#endif
}

#endif
