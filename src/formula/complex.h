/* complex.h - complex numbers as pairs of parts, and their arithmetic. Products are written out
 * without fmaf: bit-identical on every machine that compiles with contraction off. */
#ifndef ST_FORMULA_COMPLEX_H
#define ST_FORMULA_COMPLEX_H

#include "formula/host_device.h"

typedef struct st_c32 {
    float re, im;
} st_c32;
typedef struct st_c64 {
    double re, im;
} st_c64;

/* Defines, for a struct C of two parts (numbers, or registers of numbers):
 *   st_c_add_SUF, st_c_sub_SUF, st_c_mul_SUF
 *   st_c_mul_conj_SUF    a conj(b)
 *   st_c_exchange_SUF    real and imaginary part change places */
#define ST_COMPLEX_DEFINE(QUALIFIER, SUF, C)  \
    QUALIFIER C st_c_add_##SUF(C a, C b)      \
    {                                         \
        C r;                                  \
        r.re = a.re + b.re;                   \
        r.im = a.im + b.im;                   \
        return r;                             \
    }                                         \
    QUALIFIER C st_c_sub_##SUF(C a, C b)      \
    {                                         \
        C r;                                  \
        r.re = a.re - b.re;                   \
        r.im = a.im - b.im;                   \
        return r;                             \
    }                                         \
    QUALIFIER C st_c_mul_##SUF(C a, C b)      \
    {                                         \
        C r;                                  \
        r.re = a.re * b.re - a.im * b.im;     \
        r.im = a.re * b.im + a.im * b.re;     \
        return r;                             \
    }                                         \
    QUALIFIER C st_c_mul_conj_##SUF(C a, C b) \
    {                                         \
        C r;                                  \
        r.re = a.re * b.re + a.im * b.im;     \
        r.im = a.im * b.re - a.re * b.im;     \
        return r;                             \
    }                                         \
    QUALIFIER C st_c_exchange_##SUF(C a)      \
    {                                         \
        C r;                                  \
        r.re = a.im;                          \
        r.im = a.re;                          \
        return r;                             \
    }

ST_COMPLEX_DEFINE(ST_HD, f32, st_c32)
ST_COMPLEX_DEFINE(ST_HD, f64, st_c64)

#endif
