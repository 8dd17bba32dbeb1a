/* piece.h - a stretch of re-read samples, ready to be measured: gaps filled, sums taken, noise
 * known. Part of pass 3; knows frames, not events. */
#ifndef ST_DETECT_PIECE_H
#define ST_DETECT_PIECE_H

#include "detect/row.h"
#include "detect/samples.h"

/* Arrays hold ST_STRETCH + 1 values and belong to the worker. */
typedef struct st_piece {
    int64_t first; /* sample of the record at x[0] */
    size_t n;
    size_t from, to; /* the marked frames in x; beside them up to a hop is known, as far as it
                         * is valid */
    double *x;       /* [n], W relative to the row's offset; invalid samples lie on lines */
    double *sum;     /* [n + 1], sum of x[j] - x[0] over j < i */
    double *work, *more_work; /* [ST_STRETCH + 1], work space */
    double noise_w;           /* deviation of the noise from sample to sample */
} st_piece;

/* Frames that one piece takes, and one more. */
int64_t st_piece_frames(const st_plan *plan);

/* Frames [first, last] of the row, at most st_piece_frames + 1 of them; `before` and `after`: with
 * context on that side. */
st_status st_piece_load(st_context *ctx, const st_row *row, st_samples *samples, int64_t first,
                        int64_t last, bool before, bool after, st_piece *piece);

/* Mean of `width` samples around i, cut at the ends of the piece; x[i] for width 1. */
static inline double st_piece_smooth(const st_piece *piece, size_t i, size_t width)
{
    if (width <= 1) {
        return piece->x[i];
    }
    const size_t low = i > width / 2 ? i - width / 2 : 0;
    const size_t end = low + width < piece->n ? low + width : piece->n;
    return piece->x[0] + (piece->sum[end] - piece->sum[low]) / (double)(end - low);
}

/* Median of x over [from, to), cut at the ends of the piece; NaN with fewer than 4 samples. At
 * most 4,096 samples, evenly spread, are looked at. */
double st_piece_median(const st_piece *piece, int64_t from, int64_t to);

/* From one level to another around sample `at`, which lies between them. */
typedef struct st_rise {
    size_t low, high; /* the samples at or beyond 10 % and 90 % */
    double samples;   /* from 10 % to 90 % */
} st_rise;

/* Looks at [first, last]; noise is smoothed away as far as the rise is slow. */
st_rise st_piece_rise(const st_piece *piece, size_t at, size_t first, size_t last, double from_w,
                      double to_w);

/* Largest difference of neighbours among samples [first, last], W per sample. */
double st_piece_slope(const st_piece *piece, size_t first, size_t last);

#endif
