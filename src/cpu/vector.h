/* vector.h - as many floats at a time as one register of this instruction set holds, in the
 * compilers' vector extensions. Nothing here knows what the floats are. */
#ifndef ST_CPU_VECTOR_H
#define ST_CPU_VECTOR_H

#include <string.h>

#if defined(__AVX512F__)
enum { VEC = 16 }; /* floats */
#elif defined(__AVX__)
enum { VEC = 8 };
#else
enum { VEC = 4 };
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

#endif
