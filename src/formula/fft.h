/* fft.h - the butterfly network of every spectrum here: Stockham radix 4 (a last radix 2 when
 * log2 N is odd), natural order in and out, no reordering pass.
 * Source: C. Van Loan, Computational Frameworks for the FFT, 1.7.
 * The pass functions do butterfly j of a pass, so that a CUDA thread and a C loop run the same
 * operations on the same operands. Products are written out without fmaf: bit-identical on every
 * machine that compiles with contraction off. */
#ifndef ST_FORMULA_FFT_H
#define ST_FORMULA_FFT_H

#include "formula/complex.h"

/* Defines, for one precision C (complex) over R (real):
 *   st_fft_root_SUF     exp(-2 pi i k / n)
 *   st_fft_twiddle_SUF  fills w[k] with it, k < n
 *   st_fft_load4_SUF    reads the inputs of radix-4 butterfly j (stride s, n points in all)
 *   st_fft_store4_SUF   transforms them and writes the outputs
 *   st_fft_SUF          the whole forward transform on the host; x and work: [n], result in x
 * In a pass of stride s, butterfly j has p = j / s, q = j mod s, and twiddles w[p s], w[2 p s],
 * w[3 p s] of the n-point table. */
#define ST_FFT_DEFINE(SUF, R, C)                                                        \
    ST_HD void st_fft_load4_##SUF(const C *x, int n, int j, C *a)                       \
    {                                                                                   \
        for (int r = 0; r < 4; r++) {                                                   \
            a[r] = x[j + r * (n / 4)];                                                  \
        }                                                                               \
    }                                                                                   \
    ST_HD void st_fft_store4_##SUF(C *y, const C *w, int s, int j, const C *a)          \
    {                                                                                   \
        const int p = j / s;                                                            \
        C *out = y + 4 * p * s + (j - p * s);                                           \
        const C sum02 = st_c_add_##SUF(a[0], a[2]), dif02 = st_c_sub_##SUF(a[0], a[2]); \
        const C sum13 = st_c_add_##SUF(a[1], a[3]), dif13 = st_c_sub_##SUF(a[1], a[3]); \
        C turned; /* -i (a1 - a3) */                                                    \
        turned.re = dif13.im;                                                           \
        turned.im = -dif13.re;                                                          \
        out[0] = st_c_add_##SUF(sum02, sum13);                                          \
        out[s] = st_c_mul_##SUF(st_c_add_##SUF(dif02, turned), w[p * s]);               \
        out[2 * s] = st_c_mul_##SUF(st_c_sub_##SUF(sum02, sum13), w[2 * p * s]);        \
        out[3 * s] = st_c_mul_##SUF(st_c_sub_##SUF(dif02, turned), w[3 * p * s]);       \
    }                                                                                   \
    ST_HD void st_fft_last2_##SUF(const C *x, C *y, int n, int j)                       \
    {                                                                                   \
        y[j] = st_c_add_##SUF(x[j], x[j + n / 2]);                                      \
        y[j + n / 2] = st_c_sub_##SUF(x[j], x[j + n / 2]);                              \
    }                                                                                   \
    static inline C st_fft_root_##SUF(int k, int n)                                     \
    {                                                                                   \
        const double angle = -6.283185307179586476925 * (double)k / (double)n;          \
        C r;                                                                            \
        r.re = (R)cos(angle);                                                           \
        r.im = (R)sin(angle);                                                           \
        return r;                                                                       \
    }                                                                                   \
    static inline void st_fft_twiddle_##SUF(C *w, int n)                                \
    {                                                                                   \
        for (int k = 0; k < n; k++) {                                                   \
            w[k] = st_fft_root_##SUF(k, n);                                             \
        }                                                                               \
    }                                                                                   \
    static inline void st_fft_##SUF(int n, const C *w, C *x, C *work)                   \
    {                                                                                   \
        C *from = x, *to = work;                                                        \
        int s = 1;                                                                      \
        for (; n / s >= 4; s *= 4) {                                                    \
            for (int j = 0; j < n / 4; j++) {                                           \
                C a[4];                                                                 \
                st_fft_load4_##SUF(from, n, j, a);                                      \
                st_fft_store4_##SUF(to, w, s, j, a);                                    \
            }                                                                           \
            C *swap = from;                                                             \
            from = to;                                                                  \
            to = swap;                                                                  \
        }                                                                               \
        if (n / s == 2) {                                                               \
            for (int j = 0; j < n / 2; j++) {                                           \
                st_fft_last2_##SUF(from, to, n, j);                                     \
            }                                                                           \
            from = to;                                                                  \
        }                                                                               \
        if (from != x) {                                                                \
            for (int k = 0; k < n; k++) {                                               \
                x[k] = from[k];                                                         \
            }                                                                           \
        }                                                                               \
    }

ST_FFT_DEFINE(f32, float, st_c32)
ST_FFT_DEFINE(f64, double, st_c64)

/* Two real sequences a, b ride as z = a + i b; with za = Z[k], zb = Z[(n - k) mod n]:
 * power[0] = |A[k]|^2, power[1] = |B[k]|^2. */
ST_HD void st_fft_split_power_f32(st_c32 za, st_c32 zb, float *power)
{
    const float a_re = 0.5f * (za.re + zb.re), a_im = 0.5f * (za.im - zb.im);
    const float b_re = 0.5f * (za.im + zb.im), b_im = 0.5f * (zb.re - za.re);
    power[0] = a_re * a_re + a_im * a_im;
    power[1] = b_re * b_re + b_im * b_im;
}

ST_HD void st_fft_split_power_f64(st_c64 za, st_c64 zb, double *power)
{
    const double a_re = 0.5 * (za.re + zb.re), a_im = 0.5 * (za.im - zb.im);
    const double b_re = 0.5 * (za.im + zb.im), b_im = 0.5 * (zb.re - za.re);
    power[0] = a_re * a_re + a_im * a_im;
    power[1] = b_re * b_re + b_im * b_im;
}

#endif
