/* eight.h - eight racks at a time, whatever a register holds, and what is done across them. */
#ifndef ST_CPU_EIGHT_H
#define ST_CPU_EIGHT_H

#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum { EIGHT = 8, EIGHT_TAKEN = 4 /* samples that eight_take reads */ };

typedef double eight __attribute__((vector_size(EIGHT * sizeof(double)), may_alias));
typedef double eight_half __attribute__((vector_size(EIGHT / 2 * sizeof(double)), may_alias));
typedef double eight_pair __attribute__((vector_size(2 * sizeof(double)), may_alias));
typedef float eight_f32 __attribute__((vector_size(EIGHT * sizeof(float)), may_alias));
typedef float eight_half_f32 __attribute__((vector_size(EIGHT / 2 * sizeof(float)), may_alias));
typedef int eight_int __attribute__((vector_size(EIGHT * sizeof(int)), may_alias));

/* Four floats of each of two places. */
static inline eight_f32 eight_load_halves(const float *a, const float *b)
{
#if defined(__AVX__)
    return (eight_f32)_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(a)), _mm_loadu_ps(b),
                                           1);
#else
    eight_half_f32 low, high;
    memcpy(&low, a, sizeof low);
    memcpy(&high, b, sizeof high);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
#endif
}

/* The compiler's own conversions take more steps where a register is long. */
static inline eight eight_widen(eight_f32 x)
{
#if defined(__AVX512F__)
    return (eight)_mm512_cvtps_pd((__m256)x);
#else
    return __builtin_convertvector(x, eight);
#endif
}

static inline eight eight_of_int(eight_int x)
{
#if defined(__AVX512F__)
    return (eight)_mm512_cvtepi32_pd((__m256i)x);
#else
    return __builtin_convertvector(x, eight);
#endif
}

/* Rows of racks become rows of samples. x: [EIGHT][stride]. */
static inline void eight_take(const float *x, size_t stride, eight_f32 *sample)
{
    eight_f32 rack[4], pair[4]; /* k and k + 4; then two racks of two samples, in each half */
    for (size_t k = 0; k < 4; k++) {
        rack[k] = eight_load_halves(x + k * stride, x + (k + 4) * stride);
    }
    for (int k = 0; k < 2; k++) {
        const eight_f32 a = rack[2 * k], b = rack[2 * k + 1];
        pair[2 * k] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
        pair[2 * k + 1] = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int k = 0; k < 2; k++) {
        const eight_f32 a = pair[k], b = pair[k + 2];
        sample[2 * k] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
        sample[2 * k + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
}

/* Lane i is the sum of row i, folded by halves: 8 to 4, 2 and 1. */
static inline eight eight_fold(const eight *row)
{
    eight four[4], two[2];
    for (int i = 0; i < 4; i++) {
        const eight a = row[2 * i], b = row[2 * i + 1];
        four[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
                  __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
    }
    for (int i = 0; i < 2; i++) {
        const eight a = four[2 * i], b = four[2 * i + 1];
        two[i] = __builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13) +
                 __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15);
    }
    return __builtin_shufflevector(two[0], two[1], 0, 2, 4, 6, 8, 10, 12, 14) +
           __builtin_shufflevector(two[0], two[1], 1, 3, 5, 7, 9, 11, 13, 15);
}

/* low where x is below it, then high where it is above. */
static inline eight eight_clamp(eight x, double low, double high)
{
    for (int k = 0; k < EIGHT; k++) {
        const double above = low > x[k] ? low : x[k];
        x[k] = high < above ? high : above;
    }
    return x;
}

/* Two doubles of each of two places. */
static inline eight_half eight_two_pairs(const double *a, const double *b)
{
#if defined(__AVX__)
    return (eight_half)_mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(a)),
                                            _mm_loadu_pd(b), 1);
#else
    eight_pair low, high;
    memcpy(&low, a, sizeof low);
    memcpy(&high, b, sizeof high);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3);
#endif
}

/* What stands in a table at each of eight places, and behind it. */
static inline void eight_look_up(const double *table, const unsigned *at, eight *here, eight *next)
{
    const eight even = __builtin_shufflevector(eight_two_pairs(table + at[0], table + at[2]),
                                               eight_two_pairs(table + at[4], table + at[6]), 0, 1,
                                               2, 3, 4, 5, 6, 7);
    const eight odd = __builtin_shufflevector(eight_two_pairs(table + at[1], table + at[3]),
                                              eight_two_pairs(table + at[5], table + at[7]), 0, 1,
                                              2, 3, 4, 5, 6, 7);
    *here = __builtin_shufflevector(even, odd, 0, 8, 2, 10, 4, 12, 6, 14);
    *next = __builtin_shufflevector(even, odd, 1, 9, 3, 11, 5, 13, 7, 15);
}

#endif
