/* convolve.h - how overlap-save cuts a convolution, and the network of its transforms. A product of
 * spectra needs no order, so nothing is ever reordered: forward, decimation in frequency leaves the
 * points scrambled; backward, decimation in time takes them so. Every butterfly writes its results
 * where its inputs stood.
 * Pass by pass the points fall into blocks of 8192, 1024, 128, 16 and 4; butterfly j of a block of L
 * has radix R = 8, 8, 8, 4, 4 and points j + r L/R, r < R. Forward: the transform of R points, then
 * output q times exp(-2 pi i q j / L). Backward: the same from its end, with conjugates.
 * The last forward and the first backward passes reach only 16 neighbours, and 1024 points at a time
 * can go all the way there and back.
 * Sources: W. Gentleman and G. Sande, Fast Fourier transforms - for fun and profit, 1966;
 * T. Stockham, High-speed convolution and correlation, 1966; F. Wefers, Partitioned convolution
 * algorithms for real-time auralization, 2015, 3.4. */
#ifndef ST_FORMULA_CONVOLVE_H
#define ST_FORMULA_CONVOLVE_H

#include <stdbool.h>

#include "formula/fft.h"

enum { ST_CONVOLVE_POINTS = 8192, ST_CONVOLVE_PASSES = 5 };

/* Partition p holds taps [p part, (p + 1) part). A block of 8192 points gives `step` outputs, which
 * stand at the end, from point `lead` on. */
typedef struct st_convolve_cut {
    int parts, part, step, lead;
} st_convolve_cut;

/* Taps > 0. lead >= part - 1, and a multiple of 16, so that registers of outputs are whole. */
ST_HD st_convolve_cut st_convolve_cut_of(size_t taps)
{
    st_convolve_cut cut;
    const int half = ST_CONVOLVE_POINTS / 2;
    cut.part = taps <= (size_t)half ? (int)taps : half;
    cut.parts = (int)((taps + (size_t)cut.part - 1) / (size_t)cut.part);
    cut.lead = (cut.part - 1 + 15) / 16 * 16;
    cut.step = ST_CONVOLVE_POINTS - cut.lead;
    return cut;
}

/* Points of a block in a pass, and the radix. */
ST_HD int st_convolve_length(int pass)
{
    return pass < 3 ? ST_CONVOLVE_POINTS >> 3 * pass : pass == 3 ? 16 : 4;
}

ST_HD int st_convolve_radix(int pass)
{
    return pass < 3 ? 8 : 4;
}

/* Defines, for a struct C of two parts (S, or registers of S):
 *   st_dft4_SUF, st_dft8_SUF            a[q] = sum of a[r] exp(-2 pi i q r / R)
 *   st_dft4_back_SUF, st_dft8_back_SUF  the same with exp(+...) */
#define ST_CONVOLVE_DEFINE(QUALIFIER, SUF, S, C)                                                \
    /* Of sums and differences that are taken already: s02 = a0 + a2, ... */                    \
    QUALIFIER void st_dft4_end_##SUF(C s02, C d02, C s13, C d13, C *a0, C *a1, C *a2, C *a3)    \
    {                                                                                           \
        *a0 = st_c_add_##SUF(s02, s13);                                                         \
        a1->re = d02.re + d13.im;                                                               \
        a1->im = d02.im - d13.re;                                                               \
        *a2 = st_c_sub_##SUF(s02, s13);                                                         \
        a3->re = d02.re - d13.im;                                                               \
        a3->im = d02.im + d13.re;                                                               \
    }                                                                                           \
    QUALIFIER void st_dft4_##SUF(C *a)                                                          \
    {                                                                                           \
        st_dft4_end_##SUF(st_c_add_##SUF(a[0], a[2]), st_c_sub_##SUF(a[0], a[2]),               \
                          st_c_add_##SUF(a[1], a[3]), st_c_sub_##SUF(a[1], a[3]), &a[0], &a[1], \
                          &a[2], &a[3]);                                                        \
    }                                                                                           \
    QUALIFIER void st_dft8_##SUF(C *a)                                                          \
    {                                                                                           \
        const S half_root = (S)0.70710678118654752440;                                          \
        C even[4], odd[4], s02, d02, s13, d13, o1, o3;                                          \
        for (int r = 0; r < 4; r++) {                                                           \
            even[r] = st_c_add_##SUF(a[r], a[r + 4]);                                           \
            odd[r] = st_c_sub_##SUF(a[r], a[r + 4]);                                            \
        }                                                                                       \
        st_dft4_##SUF(even);                                                                    \
        /* odd[1] exp(-i pi/4), odd[2] (-i), and i odd[3] exp(-3 i pi/4) */                     \
        o1.re = half_root * (odd[1].re + odd[1].im);                                            \
        o1.im = half_root * (odd[1].im - odd[1].re);                                            \
        o3.re = half_root * (odd[3].re + odd[3].im);                                            \
        o3.im = half_root * (odd[3].im - odd[3].re);                                            \
        s02.re = odd[0].re + odd[2].im;                                                         \
        s02.im = odd[0].im - odd[2].re;                                                         \
        d02.re = odd[0].re - odd[2].im;                                                         \
        d02.im = odd[0].im + odd[2].re;                                                         \
        s13.re = o1.re + o3.im;                                                                 \
        s13.im = o1.im - o3.re;                                                                 \
        d13.re = o1.re - o3.im;                                                                 \
        d13.im = o1.im + o3.re;                                                                 \
        a[0] = even[0];                                                                         \
        a[2] = even[1];                                                                         \
        a[4] = even[2];                                                                         \
        a[6] = even[3];                                                                         \
        st_dft4_end_##SUF(s02, d02, s13, d13, &a[1], &a[3], &a[5], &a[7]);                      \
    }                                                                                           \
    QUALIFIER void st_dft4_back_##SUF(C *a)                                                     \
    {                                                                                           \
        for (int r = 0; r < 4; r++) {                                                           \
            a[r] = st_c_exchange_##SUF(a[r]);                                                   \
        }                                                                                       \
        st_dft4_##SUF(a);                                                                       \
        for (int r = 0; r < 4; r++) {                                                           \
            a[r] = st_c_exchange_##SUF(a[r]);                                                   \
        }                                                                                       \
    }                                                                                           \
    QUALIFIER void st_dft8_back_##SUF(C *a)                                                     \
    {                                                                                           \
        for (int r = 0; r < 8; r++) {                                                           \
            a[r] = st_c_exchange_##SUF(a[r]);                                                   \
        }                                                                                       \
        st_dft8_##SUF(a);                                                                       \
        for (int r = 0; r < 8; r++) {                                                           \
            a[r] = st_c_exchange_##SUF(a[r]);                                                   \
        }                                                                                       \
    }

ST_CONVOLVE_DEFINE(ST_HD, f32, float, st_c32)
ST_CONVOLVE_DEFINE(ST_HD, f64, double, st_c64)

/* The spectrum of partition p of h / 8192 as the forward network leaves it. h: [taps]; w: [8192],
 * the table of formula/fft.h; x: [8192], out. */
static inline void st_convolve_response(const st_convolve_cut *cut, const double *h, size_t taps,
                                        int p, const st_c64 *w, st_c64 *x)
{
    const size_t first = (size_t)p * (size_t)cut->part;
    for (int i = 0; i < ST_CONVOLVE_POINTS; i++) {
        const bool inside = i < cut->part && first + (size_t)i < taps;
        x[i].re = inside ? h[first + (size_t)i] / ST_CONVOLVE_POINTS : 0.0;
        x[i].im = 0.0;
    }
    for (int pass = 0; pass < ST_CONVOLVE_PASSES; pass++) {
        const int length = st_convolve_length(pass), radix = st_convolve_radix(pass);
        const int step = length / radix, turn = ST_CONVOLVE_POINTS / length;
        for (int b = 0; b < ST_CONVOLVE_POINTS; b += length) {
            for (int j = 0; j < step; j++) {
                st_c64 a[8];
                for (int r = 0; r < radix; r++) {
                    a[r] = x[b + j + r * step];
                }
                if (radix == 8) {
                    st_dft8_f64(a);
                } else {
                    st_dft4_f64(a);
                }
                for (int q = 0; q < radix; q++) {
                    x[b + j + q * step] = q > 0 ? st_c_mul_f64(a[q], w[q * j * turn]) : a[q];
                }
            }
        }
    }
}

#endif
