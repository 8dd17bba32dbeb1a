/* vector_f64.h - as many doubles at a time as one register of this instruction set holds, and the
 * choices between them that the compilers' vector extensions have no word for. */
#ifndef ST_CPU_VECTOR_F64_H
#define ST_CPU_VECTOR_F64_H

#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { WIDE = 8 }; /* doubles */
#elif defined(__AVX__)
enum { WIDE = 4 };
#else
enum { WIDE = 2 };
#endif

typedef double wide __attribute__((vector_size(WIDE * sizeof(double)), may_alias));
typedef long long wide_bits __attribute__((vector_size(WIDE * sizeof(long long)), may_alias));

static inline wide wide_load(const double *x)
{
    wide v;
    memcpy(&v, x, sizeof v);
    return v;
}

static inline void wide_store(double *x, wide v)
{
    memcpy(x, &v, sizeof v);
}

static inline wide wide_all(double x)
{
    return (wide){0.0} + x;
}

/* a > b ? a : b, lane by lane: b where a lane is NaN. */
static inline wide wide_most(wide a, wide b)
{
#if defined(__AVX512F__)
    return (wide)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif defined(__AVX__)
    return (wide)_mm256_max_pd((__m256d)a, (__m256d)b);
#elif defined(__SSE2__)
    return (wide)_mm_max_pd((__m128d)a, (__m128d)b);
#else
    const wide_bits mask = a > b;
    return (wide)((mask & (wide_bits)a) | (~mask & (wide_bits)b));
#endif
}

/* a < b ? a : b */
static inline wide wide_least(wide a, wide b)
{
#if defined(__AVX512F__)
    return (wide)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif defined(__AVX__)
    return (wide)_mm256_min_pd((__m256d)a, (__m256d)b);
#elif defined(__SSE2__)
    return (wide)_mm_min_pd((__m128d)a, (__m128d)b);
#else
    const wide_bits mask = a < b;
    return (wide)((mask & (wide_bits)a) | (~mask & (wide_bits)b));
#endif
}

/* a < b ? yes : no; `no` where a lane of a or b is NaN. */
static inline wide wide_where_less(wide a, wide b, wide yes, wide no)
{
#if defined(__AVX512F__)
    return (wide)_mm512_mask_mov_pd(
        (__m512d)no, _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ), (__m512d)yes);
#else
    const wide_bits mask = a < b;
    return (wide)((mask & (wide_bits)yes) | (~mask & (wide_bits)no));
#endif
}

/* a == b ? yes : no; with b = a: where a is a number. */
static inline wide wide_where_equal(wide a, wide b, wide yes, wide no)
{
#if defined(__AVX512F__)
    return (wide)_mm512_mask_mov_pd(
        (__m512d)no, _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_EQ_OQ), (__m512d)yes);
#else
    const wide_bits mask = a == b;
    return (wide)((mask & (wide_bits)yes) | (~mask & (wide_bits)no));
#endif
}

/* st_clamp of formula/storage.h. */
static inline wide wide_clamp(wide x, wide low, wide high)
{
    return wide_least(high, wide_most(low, x));
}

/* Bit l is set where a < b in lane l. */
static inline unsigned wide_less(wide a, wide b)
{
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ);
#elif defined(__AVX__)
    return (unsigned)_mm256_movemask_pd(_mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_LT_OQ));
#elif defined(__SSE2__)
    return (unsigned)_mm_movemask_pd(_mm_cmplt_pd((__m128d)a, (__m128d)b));
#else
    unsigned bits = 0;
    for (int l = 0; l < WIDE; l++) {
        bits |= (unsigned)(a[l] < b[l]) << l;
    }
    return bits;
#endif
}

#endif
