/* twiddle.h - the twiddle factors of formula/fft.h in the order in which fft.h walks over them. */
#ifndef ST_CPU_TWIDDLE_H
#define ST_CPU_TWIDDLE_H

#include "formula/fft.h"

typedef struct st_split_fft {
    int n;
    const float *twiddle; /* [st_split_fft_floats(n)]: a pass of stride s has six arrays of
                           * n / (4 s): re, im of w[p s], then of w[2 p s] and w[3 p s]. At stride
                           * 4 each stands four times in a row; the last pass, all 1, has none */
} st_split_fft;

/* How often a factor of the pass of stride s stands in its row. */
static inline int st_split_fft_copies(int s)
{
    return s == 4 ? 4 : 1;
}

/* Floats of the table. */
static inline size_t st_split_fft_floats(int n)
{
    size_t floats = 0;
    for (int s = 1; n / s > 4; s *= 4) {
        floats += 6 * (size_t)(n / (4 * s) * st_split_fft_copies(s));
    }
    return floats;
}

/* w: [n], the n-point table of formula/fft.h. */
static inline void st_split_fft_fill(int n, const st_c32 *w, float *table)
{
    for (int s = 1; n / s > 4; s *= 4) {
        const int copies = st_split_fft_copies(s), count = n / (4 * s) * copies;
        for (int i = 0; i < count; i++) {
            const int p = i / copies;
            for (int r = 1; r < 4; r++) {
                table[(2 * r - 2) * count + i] = w[r * p * s].re;
                table[(2 * r - 1) * count + i] = w[r * p * s].im;
            }
        }
        table += 6 * (size_t)count;
    }
}

#endif
