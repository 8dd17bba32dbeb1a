/* fftw.h - FFTW in the forms that a careful user of it would write, as the one to beat.
 * FFTW is under the GPL: it is a baseline here and never part of the product. Where the build did
 * not find it, bench_fftw_open gives NULL and rows say so. */
#ifndef ST_BENCH_FFTW_H
#define ST_BENCH_FFTW_H

#include "bench.h"

typedef struct bench_fftw bench_fftw;

/* Plans transforms of n points: FFTW_PATIENT, FFTW_MEASURE when quick. */
st_status bench_fftw_open(bench *b, int n, bench_fftw **opened);
void bench_fftw_close(bench_fftw *fftw);

/* Welch sums over half-overlapping frames, detrended and windowed, one visit per sample; powers are
 * added up and never stored. power: [racks][n/2 + 1]. */
typedef struct bench_fftw_welch {
    const bench_fftw *fftw;
    const bench_data *data;
    const float *window; /* [n] */
    double *power;
} bench_fftw_welch;
st_status bench_fftw_real(bench *b, void *welch); /* each frame by r2c */
st_status bench_fftw_pair(bench *b, void *welch); /* two frames as one complex, folded at the end */
/* The r2c transforms of those frames and nothing else: no window, no powers. */
st_status bench_fftw_alone(bench *b, void *welch);

/* Overlap-save, two racks as one complex series. x: [rows][x_stride], the past first; y: [rows]
 * [y_stride]. */
typedef struct bench_fftw_filter {
    const bench_fftw *fftw;
    const double *h; /* [taps] */
    size_t taps, rows, n, x_stride, y_stride;
    const float *x;
    float *y;
} bench_fftw_filter;
st_status bench_fftw_overlap_save(bench *b, void *filter);

#endif
