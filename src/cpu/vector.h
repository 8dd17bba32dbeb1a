/* vector.h - as many floats at a time as one register of this instruction set holds, in the
 * compilers' vector extensions. Nothing here knows what the floats are. Largest and smallest are
 * those of the comparison a > b ? a : b, on every instruction set: where `a` is NaN it gives b. */
#ifndef ST_CPU_VECTOR_H
#define ST_CPU_VECTOR_H

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "cpu/isa.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { VEC = 16 }; /* floats */
#elif defined(__AVX__)
enum { VEC = 8 };
#else
enum { VEC = 4 };
#endif

typedef float vec __attribute__((vector_size(VEC * sizeof(float)), may_alias));
enum { VEC_HALF = VEC / 2 };
typedef int vec_bits __attribute__((vector_size(VEC * sizeof(int)), may_alias));
typedef float vech __attribute__((vector_size(VEC_HALF * sizeof(float)), may_alias));
typedef double vecd __attribute__((vector_size(VEC_HALF * sizeof(double)), may_alias));

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

/* Every other float of a, then of b, from the first or the second on. */
static inline vec vec_even(vec a, vec b)
{
#if defined(__AVX512F__)
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#elif defined(__AVX__)
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
#else
    return __builtin_shufflevector(a, b, 0, 2, 4, 6);
#endif
}

static inline vec vec_odd(vec a, vec b)
{
#if defined(__AVX512F__)
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#elif defined(__AVX__)
    return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#else
    return __builtin_shufflevector(a, b, 1, 3, 5, 7);
#endif
}

/* As many floats as a register holds, of a and then b, from float `at` of a on: 0 to 4. */
ST_ALWAYS_INLINE vec vec_from(vec a, vec b, int at)
{
#if defined(__AVX512F__)
#define VEC_FROM(o) (vec) _mm512_alignr_epi32((__m512i)b, (__m512i)a, o)
#elif defined(__AVX__)
#define VEC_FROM(o) \
    __builtin_shufflevector(a, b, o, o + 1, o + 2, o + 3, o + 4, o + 5, o + 6, o + 7)
#else
#define VEC_FROM(o) __builtin_shufflevector(a, b, o, o + 1, o + 2, o + 3)
#endif
    switch (at) {
    case 0: return a;
    case 1: return VEC_FROM(1);
    case 2: return VEC_FROM(2);
    case 3: return VEC_FROM(3);
    default: return VEC_FROM(4);
    }
#undef VEC_FROM
}

static inline vec vec_reverse(vec a)
{
#if defined(__AVX512F__)
    return __builtin_shufflevector(a, a, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
#elif defined(__AVX__)
    return __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0);
#else
    return __builtin_shufflevector(a, a, 3, 2, 1, 0);
#endif
}

/* next[0], then a reversed but for a[0]. */
static inline vec vec_mirror(vec a, vec next)
{
#if defined(__AVX512F__)
    return __builtin_shufflevector(a, next, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
#elif defined(__AVX__)
    return __builtin_shufflevector(a, next, 8, 7, 6, 5, 4, 3, 2, 1);
#else
    return __builtin_shufflevector(a, next, 4, 3, 2, 1);
#endif
}

/* Shuffles of four registers; a quad is four lanes of 16 bytes. */
#if defined(__AVX512F__)
#define VEC_QUADS(a, b, i, j, k, l)                                                            \
    __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, \
                            l + 8, i + 12, j + 12, k + 12, l + 12)
/* Quads i and i + 2 of a, then of b. */
#define VEC_EVERY_QUAD(a, b, i)                                                                 \
    __builtin_shufflevector(a, b, 4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3, 4 * i + 8, 4 * i + 9, \
                            4 * i + 10, 4 * i + 11, 4 * i + 16, 4 * i + 17, 4 * i + 18,         \
                            4 * i + 19, 4 * i + 24, 4 * i + 25, 4 * i + 26, 4 * i + 27)
#elif defined(__AVX__)
#define VEC_QUADS(a, b, i, j, k, l) \
    __builtin_shufflevector(a, b, i, j, k, l, i + 4, j + 4, k + 4, l + 4)
#else
#define VEC_QUADS(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#endif

/* The quads of four registers in a row, 4 to a row of quads: quad m of row r becomes quad r of
 * register m. */
static inline void vec_quads_gather(vec *v)
{
#if defined(__AVX512F__)
    const vec even01 = VEC_EVERY_QUAD(v[0], v[1], 0), odd01 = VEC_EVERY_QUAD(v[0], v[1], 1);
    const vec even23 = VEC_EVERY_QUAD(v[2], v[3], 0), odd23 = VEC_EVERY_QUAD(v[2], v[3], 1);
    v[0] = VEC_EVERY_QUAD(even01, even23, 0);
    v[1] = VEC_EVERY_QUAD(odd01, odd23, 0);
    v[2] = VEC_EVERY_QUAD(even01, even23, 1);
    v[3] = VEC_EVERY_QUAD(odd01, odd23, 1);
#elif defined(__AVX__)
    const vec v0 = v[0], v1 = v[1];
    v[0] = __builtin_shufflevector(v0, v[2], 0, 1, 2, 3, 8, 9, 10, 11);
    v[1] = __builtin_shufflevector(v0, v[2], 4, 5, 6, 7, 12, 13, 14, 15);
    v[2] = __builtin_shufflevector(v1, v[3], 0, 1, 2, 3, 8, 9, 10, 11);
    v[3] = __builtin_shufflevector(v1, v[3], 4, 5, 6, 7, 12, 13, 14, 15);
#else
    (void)v; /* a register is a quad, and its row has 4 */
#endif
}

/* And back. */
static inline void vec_quads_scatter(vec *v)
{
#if defined(__AVX512F__)
    vec_quads_gather(v); /* a square */
#elif defined(__AVX__)
    const vec v1 = v[1], v2 = v[2];
    v[1] = __builtin_shufflevector(v2, v[3], 0, 1, 2, 3, 8, 9, 10, 11);
    v[2] = __builtin_shufflevector(v[0], v1, 4, 5, 6, 7, 12, 13, 14, 15);
    v[3] = __builtin_shufflevector(v2, v[3], 4, 5, 6, 7, 12, 13, 14, 15);
    v[0] = __builtin_shufflevector(v[0], v1, 0, 1, 2, 3, 8, 9, 10, 11);
#else
    (void)v;
#endif
}

/* In every quad, lane i of register q becomes lane q of register i. */
static inline void vec_quads_turn(vec *v)
{
    const vec low01 = VEC_QUADS(v[0], v[1], 0, VEC, 1, VEC + 1);
    const vec high01 = VEC_QUADS(v[0], v[1], 2, VEC + 2, 3, VEC + 3);
    const vec low23 = VEC_QUADS(v[2], v[3], 0, VEC, 1, VEC + 1);
    const vec high23 = VEC_QUADS(v[2], v[3], 2, VEC + 2, 3, VEC + 3);
    v[0] = VEC_QUADS(low01, low23, 0, 1, VEC, VEC + 1);
    v[1] = VEC_QUADS(low01, low23, 2, 3, VEC + 2, VEC + 3);
    v[2] = VEC_QUADS(high01, high23, 0, 1, VEC, VEC + 1);
    v[3] = VEC_QUADS(high01, high23, 2, 3, VEC + 2, VEC + 3);
}

static inline vec vec_load(const float *x)
{
    vec v;
    memcpy(&v, x, sizeof v);
    return v;
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

/* Whether a register is a whole line of the caches, so that a line can be written past them. */
#if defined(__AVX512F__)
enum { VEC_STREAMS = 1 };
#else
enum { VEC_STREAMS = 0 };
#endif

/* x: at a line's boundary. Others see it after vec_stream_end. */
static inline void vec_stream(float *x, vec v)
{
#if defined(__AVX512F__)
    _mm512_stream_ps(x, (__m512)v);
#else
    *(vec *)x = v;
#endif
}

static inline void vec_stream_end(void)
{
#if defined(__AVX512F__)
    _mm_sfence();
#endif
}

/* The compiler's own conversion takes more steps where a register is long. */
static inline vecd vech_widen(vech half)
{
#if defined(__AVX512F__)
    return (vecd)_mm512_cvtps_pd((__m256)half);
#elif defined(__AVX__)
    return (vecd)_mm256_cvtps_pd((__m128)half);
#else
    return __builtin_convertvector(half, vecd);
#endif
}

static inline vech vech_narrow(vecd v)
{
#if defined(__AVX512F__)
    return (vech)_mm512_cvtpd_ps((__m512d)v);
#elif defined(__AVX__)
    return (vech)_mm256_cvtpd_ps((__m256d)v);
#else
    return __builtin_convertvector(v, vech);
#endif
}

/* Half a register of floats, widened. */
static inline vecd vecd_widen(const float *x)
{
    vech half;
    memcpy(&half, x, sizeof half);
    return vech_widen(half);
}

static inline vec vec_all(float x)
{
    return x - (vec){0.0f}; /* minus: not even the sign of a zero changes */
}

static inline vecd vecd_all(double x)
{
    return x - (vecd){0.0};
}

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

/* The same of whole numbers, which are never NaN. */
static inline vec_bits vec_bits_most(vec_bits a, vec_bits b)
{
#if defined(__AVX512F__)
    return (vec_bits)_mm512_max_epi32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (vec_bits)_mm256_max_epi32((__m256i)a, (__m256i)b);
#else
    const vec_bits above = a > b;
    return (a & above) | (b & ~above);
#endif
}

static inline vec_bits vec_bits_most_unsigned(vec_bits a, vec_bits b)
{
#if defined(__AVX512F__)
    return (vec_bits)_mm512_max_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (vec_bits)_mm256_max_epu32((__m256i)a, (__m256i)b);
#else
    return vec_bits_most(a ^ INT_MIN, b ^ INT_MIN) ^ INT_MIN;
#endif
}

static inline vec_bits vec_bits_least_unsigned(vec_bits a, vec_bits b)
{
#if defined(__AVX512F__)
    return (vec_bits)_mm512_min_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (vec_bits)_mm256_min_epu32((__m256i)a, (__m256i)b);
#else
    return ~vec_bits_most_unsigned(~a, ~b);
#endif
}

static inline bool vec_bits_any(vec_bits a)
{
#if defined(__AVX512F__)
    return _mm512_test_epi32_mask((__m512i)a, (__m512i)a) != 0;
#elif defined(__AVX2__)
    return !_mm256_testz_si256((__m256i)a, (__m256i)a);
#else
    int any = 0;
    for (int l = 0; l < VEC; l++) {
        any |= a[l];
    }
    return any != 0;
#endif
}

#endif
