/* sweep_finish.c - the last step of each statistic, once per candidate: as assess ends them. */
#include "model/sweep_state.h"

#include <math.h>
#include <stdlib.h>

#include "formula/frame.h"
#include "formula/line.h"

enum { LANES = ST_SWEEP_LANES };

/* Is the block far below the `low` ones that end one block before it? The ring holds one more; a
 * hair above half leaves room for float32. */
void st_sweep_close_block(st_sweep_state *s)
{
    const int64_t blocks = s->asked->low, slots = blocks + 1;
    const double level = s->asked->level;
    float least[LANES];
    for (int l = 0; l < LANES; l++) {
        least[l] = INFINITY;
    }
    for (int64_t k = 0; s->rows > blocks && k < slots; k++) {
        const float *block = s->a + k * LANES;
        for (int l = 0; k != (s->rows - 1) % slots && l < LANES; l++) {
            least[l] = block[l] < least[l] ? block[l] : least[l];
        }
    }
    for (int l = 0; l < LANES; l++) {
        const bool falls = (double)s->low[l] + level < 0.5001 * ((double)least[l] + level);
        s->worst[l] = s->rows > blocks && falls ? 1.0 : s->worst[l];
        s->a[s->rows % slots * LANES + l] = s->low[l]; /* in place of the oldest */
        s->low[l] = INFINITY;
    }
    s->rows++;
    s->filled = 0;
}

/* The record may end inside a block. */
static void end_block(st_sweep_state *s)
{
    if (s->asked->kind == ST_SWEEP_TRIP && s->filled > 0) {
        st_sweep_close_block(s);
    }
}

static int by_size(const void *a, const void *b)
{
    const float p = *(const float *)a, q = *(const float *)b;
    return (p > q) - (p < q);
}

/* Linear interpolation between ranks. */
static double percentile(const st_sweep_state *s, int lane)
{
    const size_t n = (size_t)s->rows;
    if (n == 0) {
        return (double)NAN;
    }
    float *column = s->c + n * LANES; /* room for one lane behind the rows */
    for (size_t i = 0; i < n; i++) {
        column[i] = s->c[i * LANES + (size_t)lane];
    }
    qsort(column, n, sizeof *column, by_size);
    const double rank = s->asked->percentile / 100.0 * (double)(n - 1);
    const size_t below = (size_t)rank, above = below + 1 < n ? below + 1 : below;
    return (double)column[below] +
           ((double)column[above] - (double)column[below]) * (rank - (double)below);
}

static double energy_share(const st_sweep_state *s, int lane)
{
    const int n = (int)s->points;
    const st_sweep_statistic *asked = s->asked;
    double inside = 0.0, all = 0.0;
    for (int k = 1; k <= n / 2; k++) {
        const double power = s->sums[k * LANES + lane];
        const double density = k == n / 2 ? power : 2.0 * power;
        inside += density * st_band_weight(k, n, asked->df_hz, asked->low_hz, asked->high_hz);
        all += density * st_band_weight(k, n, asked->df_hz, 0.0, INFINITY);
    }
    return inside / all;
}

static double amplitude_share(const st_sweep_state *s, int lane)
{
    double largest = 0.0, all = 0.0;
    for (int k = 0; k <= (int)s->points / 2; k++) {
        const double f = (double)k * s->asked->df_hz;
        const double size = sqrt(s->sums[k * LANES + lane] / (double)s->rows);
        if (f >= s->asked->low_hz && f <= s->asked->high_hz) {
            largest = fmax(largest, size);
        }
        all += size;
    }
    return largest / all;
}

static double share(const st_sweep_state *s, int lane)
{
    if (s->rows == 0) {
        return (double)NAN;
    }
    const double value =
        s->asked->form == ST_FORM_ENERGY ? energy_share(s, lane) : amplitude_share(s, lane);
    return isnan(value) ? 0.0 : value; /* no movement, no share of it */
}

static double change(const st_sweep_state *s, int lane)
{
    const double up = (double)s->high[lane], down = -(double)s->low[lane];
    switch (s->asked->direction) {
    case ST_UP: return up;
    case ST_DOWN: return down;
    default: return fmax(up, down);
    }
}

static double value_of(const st_sweep_state *s, int lane)
{
    switch (s->asked->kind) {
    case ST_SWEEP_LEVEL: return (double)s->high[lane];
    case ST_SWEEP_RANGE: return (double)s->worst_range[lane];
    case ST_SWEEP_CHANGE: return change(s, lane);
    case ST_SWEEP_PERCENTILE: return percentile(s, lane);
    case ST_SWEEP_SHARE: return share(s, lane);
    case ST_SWEEP_TRIP: return fmax(s->worst[lane], 0.0);
    default: return s->worst[lane];
    }
}

double st_sweep_line(int64_t points, const float power[3], int k)
{
    return st_line_interpolate(sqrt((double)power[0]), sqrt((double)power[1]),
                               sqrt((double)power[2]), k, 1.0, 0.5 * (double)points)
        .amplitude_w;
}

void st_sweep_finish(st_sweep_state *state, size_t n, double *worst)
{
    for (size_t i = 0; i < n; i++) {
        end_block(&state[i]);
    }
    for (int lane = 0; lane < LANES; lane++) {
        for (size_t i = 0; i < n; i++) {
            const double value = value_of(&state[i], lane);
            worst[(size_t)lane * n + i] = value == -INFINITY ? (double)NAN : value;
        }
    }
}
