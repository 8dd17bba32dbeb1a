/* convolve.h - how the arrays of respond lie in memory, whatever the instruction set.
 * Points stand in runs of 16: 16 real parts, then 16 imaginary ones. Spectra are ordered as the
 * registers hold them: within 64 points, run p has points 16 r + 4 q + p in lanes 4 r + q. */
#ifndef ST_CPU_CONVOLVE_H
#define ST_CPU_CONVOLVE_H

#include "formula/convolve.h"

enum {
    CONVOLVE_POINTS = ST_CONVOLVE_POINTS,
    CONVOLVE_COLUMNS = CONVOLVE_POINTS / 8, /* butterflies of the first pass */
    CONVOLVE_RUN = 16,                      /* points */
    CONVOLVE_SPECTRUM = 2 * CONVOLVE_POINTS,
    /* The rows of a buffer, 1024 points each, begin in different sets of the first cache. */
    CONVOLVE_ROW = 2 * (CONVOLVE_COLUMNS + CONVOLVE_RUN),
    CONVOLVE_BUFFER = 8 * CONVOLVE_ROW
};

/* Twiddles: for each of the passes 0, 1, 2, for each run of butterflies, outputs 1..7; then outputs
 * 1..3 of pass 3, whose 4 butterflies stand in a run four times over. */
enum {
    CONVOLVE_TURNS_1 = CONVOLVE_COLUMNS * 7 * 2, /* where pass 1 begins */
    CONVOLVE_TURNS_2 = CONVOLVE_TURNS_1 + 128 * 7 * 2,
    CONVOLVE_TURNS_3 = CONVOLVE_TURNS_2 + 16 * 7 * 2,
    CONVOLVE_TABLE = CONVOLVE_TURNS_3 + 16 * 3 * 2
};

/* Two buffers, a row on its way in and one on its way out of each of a pair, the products with the
 * past of 1024 points, and a ring of past spectra. */
static inline size_t convolve_work(int parts)
{
    const int ring = parts > 1 ? parts : 0;
    return 2 * CONVOLVE_BUFFER + 4 * CONVOLVE_POINTS + 2 * CONVOLVE_COLUMNS +
           (size_t)ring * CONVOLVE_SPECTRUM;
}

/* w: [8192], the table of formula/fft.h; table: [CONVOLVE_TABLE]. */
static inline void convolve_fill_table(const st_c32 *w, float *table)
{
    for (int pass = 0; pass < ST_CONVOLVE_PASSES - 1; pass++) {
        const int length = st_convolve_length(pass), radix = st_convolve_radix(pass);
        const int butterflies = length / radix, turn = CONVOLVE_POINTS / length;
        for (int j = 0; j < butterflies || j < CONVOLVE_RUN; j += CONVOLVE_RUN) {
            for (int q = 1; q < radix; q++, table += 2 * CONVOLVE_RUN) {
                for (int l = 0; l < CONVOLVE_RUN; l++) {
                    const st_c32 by = w[q * ((j + l) % butterflies) * turn];
                    table[l] = by.re;
                    table[l + CONVOLVE_RUN] = by.im;
                }
            }
        }
    }
}

/* x: [8192], scrambled as the network leaves it; spectrum: [CONVOLVE_SPECTRUM]. */
static inline void convolve_order_spectrum(const st_c64 *x, float *spectrum)
{
    for (int i = 0; i < CONVOLVE_POINTS; i++) {
        const int r = i / 16 % 4, q = i / 4 % 4, p = i % 4;
        float *to = spectrum + 2 * (i / 64 * 64 + 16 * p) + 4 * r + q;
        to[0] = (float)x[i].re;
        to[CONVOLVE_RUN] = (float)x[i].im;
    }
}

#endif
