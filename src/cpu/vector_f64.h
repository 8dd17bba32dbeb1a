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

/* A truth of each lane, as a comparison leaves it. */
#if defined(__AVX512F__)
typedef __mmask8 vecd_mask;
#else
typedef vecd_bits vecd_mask;
#endif

/* a < b; false where one of them is NaN. */
static inline vecd_mask vecd_below(vecd a, vecd b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ);
#else
    return a < b;
#endif
}

/* a == b; with b = a: where a is a number. */
static inline vecd_mask vecd_equal(vecd a, vecd b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_EQ_OQ);
#else
    return a == b;
#endif
}

/* !(a == b): true where one of them is NaN. */
static inline vecd_mask vecd_other(vecd a, vecd b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_NEQ_UQ);
#else
    return a != b;
#endif
}

/* is ? yes : no */
static inline vecd vecd_pick(vecd_mask is, vecd yes, vecd no)
{
#if defined(__AVX512F__)
    return (vecd)_mm512_mask_mov_pd((__m512d)no, is, (__m512d)yes);
#else
    return (vecd)((is & (vecd_bits)yes) | (~is & (vecd_bits)no));
#endif
}

/* One more in the lanes where it is true. */
static inline vecd_bits vecd_count(vecd_bits count, vecd_mask is)
{
#if defined(__AVX512F__)
    const __m512i one = _mm512_set1_epi64(1);
    return (vecd_bits)_mm512_mask_add_epi64((__m512i)count, is, (__m512i)count, one);
#else
    return count - is;
#endif
}

/* Bit l is that of lane l. */
static inline unsigned vecd_bits_of(vecd_mask is)
{
#if defined(__AVX512F__)
    return is;
#elif defined(__AVX__)
    return (unsigned)_mm256_movemask_pd((__m256d)is);
#elif defined(__SSE2__)
    return (unsigned)_mm_movemask_pd((__m128d)is);
#else
    unsigned bits = 0;
    for (int l = 0; l < VEC_HALF; l++) {
        bits |= (unsigned)(is[l] != 0) << l;
    }
    return bits;
#endif
}

/* is ? yes : no, lane by lane; `is` comes from a comparison. */
static inline vecd vecd_where(vecd_bits is, vecd yes, vecd no)
{
    return (vecd)((is & (vecd_bits)yes) | (~is & (vecd_bits)no));
}

/* Those of two registers, the second one's above. */
static inline unsigned vecd_bits_of_both(vecd_mask a, vecd_mask b)
{
#if defined(__AVX512F__)
    return _mm512_kunpackb(b, a);
#else
    return vecd_bits_of(a) | vecd_bits_of(b) << VEC_HALF;
#endif
}

/* Whether a or b is true in any lane. */
static inline bool vecd_either(vecd_mask a, vecd_mask b)
{
#if defined(__AVX512DQ__)
    return !_kortestz_mask8_u8(a, b);
#else
    return vecd_bits_of(a | b) != 0;
#endif
}

/* sum + x. A multiplier is given the work where it is as quick as the adder and has less to do: once
 * x is x in every bit. */
static inline vecd vecd_sum(vecd sum, vecd x)
{
#if defined(__AVX512F__)
    return (vecd)_mm512_fmadd_pd((__m512d)x, _mm512_set1_pd(1.0), (__m512d)sum);
#else
    return sum + x;
#endif
}

/* True where any lane of a is not that of b. */
static inline bool vecd_differ(vecd a, vecd b)
{
    return vecd_bits_of(vecd_other(a, b)) != 0;
}

/* |a| */
static inline vecd vecd_abs(vecd a)
{
    return (vecd)((vecd_bits)a & 0x7fffffffffffffff);
}

/* st_clamp of formula/storage.h. */
static inline vecd vecd_clamp(vecd x, vecd low, vecd high)
{
    return vecd_least(high, vecd_most(low, x));
}

#endif
