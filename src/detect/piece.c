/* piece.c - loading a stretch. */
#include "detect/piece.h"

#include <math.h>

#include "detect/quantile.h"

enum { MOST_LOOKED_AT = 4096, FEWEST = 4 };

int64_t st_piece_frames(const st_plan *plan)
{
    return ST_STRETCH / plan->fast.hop - 5; /* a hop on both sides, a last half frame, one more */
}

/* Invalid samples onto lines between valid neighbours; ends hold. x[0 .. n) has a valid one. */
static void fill(double *x, size_t n)
{
    size_t next = 0; /* first sample after the last valid one */
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) {
            continue;
        }
        const double before = any ? x[next - 1] : x[i];
        const double slope = (x[i] - before) / (double)(i + 1 - next);
        for (size_t g = next; g < i; g++) {
            x[g] = before + slope * (double)(g + 1 - next);
        }
        next = i + 1;
        any = true;
    }
    for (size_t g = next; any && g < n; g++) {
        x[g] = x[next - 1];
    }
}

/* Context counts up to the first invalid sample: behind a gap is another neighbourhood. */
static void cut_context(st_piece *piece)
{
    size_t low = piece->from, end = piece->to;
    while (low > 0 && !isnan(piece->x[low - 1])) {
        low--;
    }
    while (end < piece->n && !isnan(piece->x[end])) {
        end++;
    }
    for (size_t i = low; i < end; i++) {
        piece->x[i - low] = piece->x[i];
    }
    piece->first += (int64_t)low;
    piece->n = end - low;
    piece->from -= low;
    piece->to -= low;
}

/* Differences of neighbours see noise and little else; their median sees no edge either. */
static double measure_noise(const st_piece *piece)
{
    const size_t stride = piece->n / MOST_LOOKED_AT + 1;
    size_t n = 0;
    for (size_t i = 1; i < piece->n; i += stride) {
        piece->work[n++] = fabs(piece->x[i] - piece->x[i - 1]);
    }
    return n > 0 ? 1.4826 / sqrt(2.0) * st_median(piece->work, n) : 0.0;
}

st_status st_piece_load(st_context *ctx, const st_row *row, st_samples *samples, int64_t first,
                        int64_t last, bool before, bool after, st_piece *piece)
{
    const st_plan *plan = row->input->plan;
    const int64_t hop = plan->fast.hop;
    const int64_t from = first * hop, to = last * hop + plan->fast.n;
    const int64_t begin = before ? (from > hop ? from - hop : 0) : from;
    const int64_t end = after ? (to + hop < plan->samples ? to + hop : plan->samples) : to;
    const float *x;
    ST_TRY(st_samples_read(ctx, samples, begin, (size_t)(end - begin), &x));
    piece->first = begin;
    piece->n = (size_t)(end - begin);
    piece->from = (size_t)(from - begin);
    piece->to = (size_t)(to - begin);
    for (size_t i = 0; i < piece->n; i++) {
        piece->x[i] = x[i];
    }
    cut_context(piece);
    fill(piece->x, piece->n);
    piece->sum[0] = 0.0;
    for (size_t i = 0; i < piece->n; i++) {
        piece->sum[i + 1] = piece->sum[i] + (piece->x[i] - piece->x[0]);
    }
    piece->noise_w = measure_noise(piece);
    return ST_OK;
}

double st_piece_median(const st_piece *piece, int64_t from, int64_t to)
{
    const int64_t low = from > 0 ? from : 0;
    const int64_t end = to < (int64_t)piece->n ? to : (int64_t)piece->n;
    if (end - low < FEWEST) {
        return (double)NAN;
    }
    const int64_t stride = (end - low) / MOST_LOOKED_AT + 1;
    size_t n = 0;
    for (int64_t i = low; i < end; i += stride) {
        piece->work[n++] = piece->x[i];
    }
    return st_median(piece->work, n);
}

/* Share of the way that the signal has gone at sample i. */
static double share(const st_piece *piece, size_t i, size_t width, double from_w, double to_w)
{
    return (st_piece_smooth(piece, i, width) - from_w) / (to_w - from_w);
}

/* How far before b the line from a to b reaches `level`: 0 at b, 1 at a. */
static double before(double a, double b, double level)
{
    return b > a ? fmin(fmax((b - level) / (b - a), 0.0), 1.0) : 0.0;
}

st_rise st_piece_rise(const st_piece *piece, size_t at, size_t first, size_t last, double from_w,
                      double to_w)
{
    st_rise rise = {at, at, 0.0};
    for (int round = 0; round < 2; round++) {
        const size_t eighth = (size_t)(rise.samples / 8.0);
        const size_t width = eighth > 1 ? eighth : 1;
        rise.low = rise.high = at;
        while (rise.low > first && share(piece, rise.low, width, from_w, to_w) > 0.1) {
            rise.low--;
        }
        while (rise.high < last && share(piece, rise.high, width, from_w, to_w) < 0.9) {
            rise.high++;
        }
        rise.samples = (double)(rise.high - rise.low);
        if (rise.low < rise.high) {
            const double bottom = share(piece, rise.low, width, from_w, to_w);
            const double next = share(piece, rise.low + 1, width, from_w, to_w);
            const double last_but_one = share(piece, rise.high - 1, width, from_w, to_w);
            const double top = share(piece, rise.high, width, from_w, to_w);
            rise.samples -= 1.0 - before(bottom, next, 0.1) + before(last_but_one, top, 0.9);
        }
        rise.samples = fmax(rise.samples, 0.0);
    }
    return rise;
}

double st_piece_slope(const st_piece *piece, size_t first, size_t last)
{
    double slope_w = 0.0;
    for (size_t i = first + 1; i <= last && i < piece->n; i++) {
        slope_w = fmax(slope_w, fabs(piece->x[i] - piece->x[i - 1]));
    }
    return slope_w;
}
