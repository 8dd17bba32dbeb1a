/* fft.h - the network of formula/fft.h on split arrays (real parts, imaginary parts), one radix-4
 * pass at a time. Same butterflies, same operands, same order of operations: same bits; only the
 * walk over the butterflies differs, so that several fill a vector.
 * n is a power of two >= 256; arrays are 64-byte aligned. */
#ifndef ST_CPU_FFT_H
#define ST_CPU_FFT_H

#include <stdbool.h>

#include "cpu/isa.h"
#include "cpu/twiddle.h"
#include "cpu/vector.h"

/* The inputs of butterflies at, at + 1, ... */
static inline void split_load(const float *re, const float *im, int at, int quarter, vec *are,
                              vec *aim)
{
    for (int r = 0; r < 4; r++) {
        are[r] = vec_load(re + at + r * quarter);
        aim[r] = vec_load(im + at + r * quarter);
    }
}

/* st_fft_store4_f32 up to its stores, and before its products. */
static inline void split_sums(vec *re, vec *im)
{
    const vec s02r = re[0] + re[2], s02i = im[0] + im[2];
    const vec d02r = re[0] - re[2], d02i = im[0] - im[2];
    const vec s13r = re[1] + re[3], s13i = im[1] + im[3];
    const vec d13r = re[1] - re[3], d13i = im[1] - im[3];
    re[0] = s02r + s13r;
    im[0] = s02i + s13i;
    re[1] = d02r + d13i;
    im[1] = d02i - d13r;
    re[2] = s02r - s13r;
    im[2] = s02i - s13i;
    re[3] = d02r - d13i;
    im[3] = d02i + d13r;
}

/* The products; w: [6] as in the table. */
static inline void split_turn(vec *re, vec *im, const vec *w)
{
    for (int r = 1; r < 4; r++) {
        const vec wr = w[2 * r - 2], wi = w[2 * r - 1], ur = re[r], ui = im[r];
        re[r] = ur * wr - ui * wi;
        im[r] = ur * wi + ui * wr;
    }
}

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

/* What a transform begins with: point at + l of the sequence into lane l; the inputs of butterflies
 * at, at + 1, ... are those of at + r quarter. */
typedef void split_source(const void *state, int at, int quarter, vec *are, vec *aim);

/* Stride 1: every butterfly has its own twiddles, and the outputs interleave. */
ST_ALWAYS_INLINE void split_first(int n, const float *table, split_source *source,
                                  const void *state, float *out_re, float *out_im)
{
    const int count = n / 4;
    for (int j = 0; j < count; j += VEC) {
        vec are[4], aim[4], w[6];
        source(state, j, count, are, aim);
        for (int r = 0; r < 6; r++) {
            w[r] = *(const vec *)(table + r * count + j);
        }
        split_sums(are, aim);
        split_turn(are, aim, w);
        split_interleave(are, out_re + 4 * j);
        split_interleave(aim, out_im + 4 * j);
    }
}

/* Stores four vectors in turn by runs of four: y[16 i + 4 r + q] = v[r][4 i + q]. */
static inline void split_interleave4(const vec *v, float *y)
{
#if defined(__AVX512F__)
#define SPLIT_RUNS(a, b, i, j)                                                                    \
    __builtin_shufflevector(a, b, 4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3, 4 * j, 4 * j + 1,       \
                            4 * j + 2, 4 * j + 3, 4 * i + 16, 4 * i + 17, 4 * i + 18, 4 * i + 19, \
                            4 * j + 16, 4 * j + 17, 4 * j + 18, 4 * j + 19)
    const vec even01 = SPLIT_RUNS(v[0], v[1], 0, 2), odd01 = SPLIT_RUNS(v[0], v[1], 1, 3);
    const vec even23 = SPLIT_RUNS(v[2], v[3], 0, 2), odd23 = SPLIT_RUNS(v[2], v[3], 1, 3);
    *(vec *)y = SPLIT_RUNS(even01, even23, 0, 2);
    *(vec *)(y + VEC) = SPLIT_RUNS(odd01, odd23, 0, 2);
    *(vec *)(y + 2 * VEC) = SPLIT_RUNS(even01, even23, 1, 3);
    *(vec *)(y + 3 * VEC) = SPLIT_RUNS(odd01, odd23, 1, 3);
#elif defined(__AVX__)
    for (int r = 0; r < 4; r += 2) {
        *(vec *)(y + 4 * r) = __builtin_shufflevector(v[r], v[r + 1], 0, 1, 2, 3, 8, 9, 10, 11);
        *(vec *)(y + 4 * r + 16) =
            __builtin_shufflevector(v[r], v[r + 1], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#else
    for (int r = 0; r < 4; r++) {
        *(vec *)(y + 4 * r) = v[r];
    }
#endif
}

/* Stride 4: 4 butterflies share their twiddles, of which the table has 4 copies. */
static inline void split_second(int n, const float *table, const float *re, const float *im,
                                float *out_re, float *out_im)
{
    const int count = n / 4;
    for (int j = 0; j < count; j += VEC) {
        vec are[4], aim[4], w[6];
        split_load(re, im, j, count, are, aim);
        for (int r = 0; r < 6; r++) {
            w[r] = *(const vec *)(table + r * count + j);
        }
        split_sums(are, aim);
        split_turn(are, aim, w);
        split_interleave4(are, out_re + 4 * j);
        split_interleave4(aim, out_im + 4 * j);
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
            split_load(re, im, p * s + q, n / 4, are, aim);
            split_sums(are, aim);
            split_turn(are, aim, w);
            for (int r = 0; r < 4; r++) {
                *(vec *)(out_re + 4 * p * s + r * s + q) = are[r];
                *(vec *)(out_im + 4 * p * s + r * s + q) = aim[r];
            }
        }
    }
}

/* The passes of stride s and 4 s, s >= 16, in one, for arrays that leave the first cache:
 * butterflies p, p + n/(16 s), ... of the first give what four of the second take. */
static inline void split_two(int n, int s, const float *table, const float *re, const float *im,
                             float *out_re, float *out_im)
{
    const int count = n / (16 * s);
    const float *const second = table + 6 * 4 * count;
    for (int p = 0; p < count; p++) {
        for (int q = 0; q < s; q += VEC) {
            vec are[4][4], aim[4][4];
            for (int m = 0; m < 4; m++) {
                vec w[6];
                for (int r = 0; r < 6; r++) {
                    w[r] = vec_all(table[r * 4 * count + p + m * count]);
                }
                split_load(re, im, (p + m * count) * s + q, n / 4, are[m], aim[m]);
                split_sums(are[m], aim[m]);
                split_turn(are[m], aim[m], w);
            }
            for (int r = 0; r < 4; r++) {
                vec bre[4] = {are[0][r], are[1][r], are[2][r], are[3][r]};
                vec bim[4] = {aim[0][r], aim[1][r], aim[2][r], aim[3][r]}, w[6];
                for (int f = 0; f < 6; f++) {
                    w[f] = vec_all(second[f * count + p]);
                }
                split_sums(bre, bim);
                split_turn(bre, bim, w);
                for (int t = 0; t < 4; t++) {
                    *(vec *)(out_re + (16 * p + 4 * t + r) * s + q) = bre[t];
                    *(vec *)(out_im + (16 * p + 4 * t + r) * s + q) = bim[t];
                }
            }
        }
    }
}

/* The last pass when it is radix 4: products with 1 are left out, which changes no bit but the sign
 * of a zero. */
static inline void split_last4(int n, const float *re, const float *im, float *out_re,
                               float *out_im)
{
    for (int q = 0; q < n / 4; q += VEC) {
        vec are[4], aim[4];
        split_load(re, im, q, n / 4, are, aim);
        split_sums(are, aim);
        for (int r = 0; r < 4; r++) {
            *(vec *)(out_re + r * (n / 4) + q) = are[r];
            *(vec *)(out_im + r * (n / 4) + q) = aim[r];
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

/* Four buffers of n floats, aligned to 64 bytes, that change places from pass to pass. */
typedef struct split_buffers {
    float *re, *im, *work_re, *work_im;
} split_buffers;

static inline void split_swap(split_buffers *b)
{
    *b = (split_buffers){b->work_re, b->work_im, b->re, b->im};
}

/* The passes after the first, of re + i im, as long as they have n / s >= `least`; the result is
 * where re and im point afterwards. */
static inline void split_rest(const st_split_fft *fft, int least, split_buffers *b)
{
    const int n = fft->n;
    const float *table = fft->twiddle + 6 * (n / 4);
    for (int s = 4; n / s >= least; s *= 4) {
        if (n / s == 2) {
            split_last2(n, b->re, b->work_re);
            split_last2(n, b->im, b->work_im);
        } else if (n / s == 4) {
            split_last4(n, b->re, b->im, b->work_re, b->work_im);
        } else if (n > 4096 && s >= 16 && n / s > 16) {
            split_two(n, s, table, b->re, b->im, b->work_re, b->work_im);
            table += 6 * (n / (4 * s));
            s *= 4;
        } else if (s == 4) {
            split_second(n, table, b->re, b->im, b->work_re, b->work_im);
        } else {
            split_later(n, s, table, b->re, b->im, b->work_re, b->work_im);
        }
        table += 6 * (n / (4 * s) * st_split_fft_copies(s));
        split_swap(b);
    }
}

/* Forward transform of what the source gives; the result is where re and im point afterwards.
 * least: 2; with 8 the last pass is left to the caller if it is of radix 4. */
ST_ALWAYS_INLINE void st_split_fft_run(const st_split_fft *fft, int least, split_source *source,
                                       const void *state, split_buffers *b)
{
    split_first(fft->n, fft->twiddle, source, state, b->work_re, b->work_im);
    split_swap(b);
    split_rest(fft, least, b);
}

/* Whether the last pass is of radix 4, not 2. */
static inline bool st_split_fft_even(int n)
{
    return __builtin_ctz((unsigned)n) % 2 == 0;
}

/* The source of what stands in re + i im of the buffers: state. */
ST_ALWAYS_INLINE void split_from_buffers(const void *state, int at, int quarter, vec *are, vec *aim)
{
    const split_buffers *b = state;
    split_load(b->re, b->im, at, quarter, are, aim);
}

#endif
