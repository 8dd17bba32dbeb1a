/* fft.h - the network of formula/fft.h on split arrays (real parts, imaginary parts), one radix-4
 * pass at a time. Same butterflies, same operands, same order of operations: same bits; only the
 * walk over the butterflies differs, so that several fill a vector.
 * n is a power of two >= 256; arrays are 64-byte aligned. */
#ifndef ST_CPU_FFT_H
#define ST_CPU_FFT_H

#include "cpu/twiddle.h"
#include "cpu/vector.h"

/* Defines, for a vector type V:
 *   split_load_SUF       the inputs of butterflies at, at + 1, ...: are[r], aim[r]
 *   split_butterfly_SUF  st_fft_store4_f32 up to its stores; w[6] as in the table */
#define ST_SPLIT_DEFINE(SUF, V)                                                                \
    static inline void split_load_##SUF(const float *re, const float *im, int at, int quarter, \
                                        V *are, V *aim)                                        \
    {                                                                                          \
        for (int r = 0; r < 4; r++) {                                                          \
            are[r] = *(const V *)(re + at + r * quarter);                                      \
            aim[r] = *(const V *)(im + at + r * quarter);                                      \
        }                                                                                      \
    }                                                                                          \
    static inline void split_butterfly_##SUF(V *re, V *im, const V *w)                         \
    {                                                                                          \
        const V s02r = re[0] + re[2], s02i = im[0] + im[2];                                    \
        const V d02r = re[0] - re[2], d02i = im[0] - im[2];                                    \
        const V s13r = re[1] + re[3], s13i = im[1] + im[3];                                    \
        const V d13r = re[1] - re[3], d13i = im[1] - im[3];                                    \
        const V u1r = d02r + d13i, u1i = d02i - d13r;                                          \
        const V u2r = s02r - s13r, u2i = s02i - s13i;                                          \
        const V u3r = d02r - d13i, u3i = d02i + d13r;                                          \
        re[0] = s02r + s13r;                                                                   \
        im[0] = s02i + s13i;                                                                   \
        re[1] = u1r * w[0] - u1i * w[1];                                                       \
        im[1] = u1r * w[1] + u1i * w[0];                                                       \
        re[2] = u2r * w[2] - u2i * w[3];                                                       \
        im[2] = u2r * w[3] + u2i * w[2];                                                       \
        re[3] = u3r * w[4] - u3i * w[5];                                                       \
        im[3] = u3r * w[5] + u3i * w[4];                                                       \
    }

ST_SPLIT_DEFINE(v, vec)
ST_SPLIT_DEFINE(4, vec4)

/* Stores four vectors element by element in turn: y[4 i + r] = v[r][i]. */
static inline void split_interleave(const vec *v, float *y)
{
    const vec low02 = vec_zip_low(v[0], v[2]), high02 = vec_zip_high(v[0], v[2]);
    const vec low13 = vec_zip_low(v[1], v[3]), high13 = vec_zip_high(v[1], v[3]);
    *(vec *)y = vec_zip_low(low02, low13);
    *(vec *)(y + VEC) = vec_zip_high(low02, low13);
    *(vec *)(y + 2 * VEC) = vec_zip_low(high02, high13);
    *(vec *)(y + 3 * VEC) = vec_zip_high(high02, high13);
}

/* Stride 1: every butterfly has its own twiddles, and the outputs interleave. */
static inline void split_first(int n, const float *table, const float *re, const float *im,
                               float *out_re, float *out_im)
{
    const int count = n / 4;
    for (int j = 0; j < count; j += VEC) {
        vec are[4], aim[4], w[6];
        split_load_v(re, im, j, count, are, aim);
        for (int r = 0; r < 6; r++) {
            w[r] = *(const vec *)(table + r * count + j);
        }
        split_butterfly_v(are, aim, w);
        split_interleave(are, out_re + 4 * j);
        split_interleave(aim, out_im + 4 * j);
    }
}

/* Stride 4: 4 butterflies share their twiddles. */
static inline void split_second(int n, const float *table, const float *re, const float *im,
                                float *out_re, float *out_im)
{
    const int count = n / 16;
    for (int p = 0; p < count; p++) {
        vec4 are[4], aim[4], w[6];
        split_load_4(re, im, 4 * p, n / 4, are, aim);
        for (int r = 0; r < 6; r++) {
            w[r] = table[r * count + p] - (vec4){0.0f};
        }
        split_butterfly_4(are, aim, w);
        for (int r = 0; r < 4; r++) {
            *(vec4 *)(out_re + 16 * p + 4 * r) = are[r];
            *(vec4 *)(out_im + 16 * p + 4 * r) = aim[r];
        }
    }
}

/* Stride s >= 16: s butterflies share their twiddles. */
static inline void split_later(int n, int s, const float *table, const float *re, const float *im,
                               float *out_re, float *out_im)
{
    const int count = n / (4 * s);
    for (int p = 0; p < count; p++) {
        vec w[6];
        for (int r = 0; r < 6; r++) {
            w[r] = table[r * count + p] - (vec){0.0f};
        }
        for (int q = 0; q < s; q += VEC) {
            vec are[4], aim[4];
            split_load_v(re, im, p * s + q, n / 4, are, aim);
            split_butterfly_v(are, aim, w);
            for (int r = 0; r < 4; r++) {
                *(vec *)(out_re + 4 * p * s + r * s + q) = are[r];
                *(vec *)(out_im + 4 * p * s + r * s + q) = aim[r];
            }
        }
    }
}

static inline void split_last2(int n, const float *re, float *out_re)
{
    for (int j = 0; j < n / 2; j += VEC) {
        const vec a = *(const vec *)(re + j), b = *(const vec *)(re + j + n / 2);
        *(vec *)(out_re + j) = a + b;
        *(vec *)(out_re + j + n / 2) = a - b;
    }
}

/* Forward transform of re + i im: [n] each; work of the same size. The result is where re and im
 * point afterwards: the buffers may have changed places. */
static inline void st_split_fft_run(const st_split_fft *fft, float **re, float **im,
                                    float **work_re, float **work_im)
{
    const int n = fft->n;
    const float *table = fft->twiddle;
    int s = 1;
    for (; n / s >= 2; s *= 4) {
        if (n / s == 2) {
            split_last2(n, *re, *work_re);
            split_last2(n, *im, *work_im);
        } else if (s == 1) {
            split_first(n, table, *re, *im, *work_re, *work_im);
        } else if (s == 4) {
            split_second(n, table, *re, *im, *work_re, *work_im);
        } else {
            split_later(n, s, table, *re, *im, *work_re, *work_im);
        }
        table += n / s == 2 ? 0 : 6 * (n / (4 * s));
        float *const swap_re = *re, *const swap_im = *im;
        *re = *work_re;
        *im = *work_im;
        *work_re = swap_re;
        *work_im = swap_im;
    }
}

#endif
