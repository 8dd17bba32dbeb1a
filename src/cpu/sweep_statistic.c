/* sweep_statistic.c - the numbers that rules ask for, in lanes: the definitions of assess, a block
 * of samples at a time. Compiled once per instruction set. Invalid samples are NaN, which
 * vec_most(x, kept) passes over; they are invalid in all lanes or in none. */
#include <math.h>

#include "cpu/sweep_loops.h"

static void level(st_sweep_state *s, const float *x, size_t n)
{
    for (int f = 0; f < SWEEP_F; f++) {
        vec high = vec_load(s->high + f * VEC);
        for (size_t i = 0; i < n; i++) {
            high = vec_most(vec_load(x + i * SWEEP_LANES + f * VEC), high);
        }
        vec_store(s->high + f * VEC, high);
    }
}

/* ---- RANGE: max - min of a sliding window ----------------------------------------------------- */

/* The window that ends at sample j of a chunk of `points` is what is left of the chunk before from
 * j + 1 on (its extremes to the chunk's end stand in a and b), plus the chunk up to j. Samples take
 * the slots of `a` that have been used. Source: M. van Herk, A fast algorithm for local minimum and
 * maximum filters, Pattern Recognition Letters 13 (1992) 517. */
static void turn_chunk(st_sweep_state *s)
{
    for (int f = 0; f < SWEEP_F; f++) {
        float *a = s->a + f * VEC, *b = s->b + f * VEC;
        vec high = vec_all(-INFINITY), low = vec_all(INFINITY);
        for (int64_t k = s->points - 1; k >= 0; k--) {
            const vec x = vec_load(a + k * SWEEP_LANES);
            high = vec_most(x, high);
            low = vec_least(x, low);
            vec_store(a + k * SWEEP_LANES, high);
            vec_store(b + k * SWEEP_LANES, low);
        }
    }
}

/* n samples inside the chunk. */
static void range_part(st_sweep_state *s, const float *x, size_t n, bool whole)
{
    for (int f = 0; f < SWEEP_F; f++) {
        float *a = s->a + s->filled * SWEEP_LANES + f * VEC;
        const float *b = s->b + s->filled * SWEEP_LANES + f * VEC;
        vec high = vec_load(s->high + f * VEC), low = vec_load(s->low + f * VEC);
        vec worst = vec_load(s->worst_range + f * VEC);
        for (size_t i = 0; i < n; i++, a += SWEEP_LANES, b += SWEEP_LANES) {
            const vec now = vec_load(x + i * SWEEP_LANES + f * VEC);
            high = vec_most(now, high);
            low = vec_least(now, low);
            if (whole) {
                worst = vec_most(vec_most(vec_load(a + SWEEP_LANES), high) -
                                     vec_least(vec_load(b + SWEEP_LANES), low),
                                 worst);
            }
            vec_store(a, now);
        }
        vec_store(s->high + f * VEC, high);
        vec_store(s->low + f * VEC, low);
        vec_store(s->worst_range + f * VEC, worst);
    }
}

static void range(st_sweep_state *s, const float *x, size_t n)
{
    const int64_t points = s->points;
    while (n > 0) {
        const size_t left = (size_t)(points - s->filled), part = n < left ? n : left;
        range_part(s, x, part, s->at >= points);
        x += part * SWEEP_LANES;
        n -= part;
        s->at += (int64_t)part;
        s->filled += (int64_t)part;
        if (s->filled < points) {
            continue;
        }
        for (int l = 0; l < SWEEP_LANES; l++) {
            const float found = s->high[l] - s->low[l]; /* the window that is this chunk */
            s->worst_range[l] = found > s->worst_range[l] ? found : s->worst_range[l];
            s->high[l] = -INFINITY;
            s->low[l] = INFINITY;
        }
        s->filled = 0;
        turn_chunk(s);
    }
}

/* ---- CHANGE ----------------------------------------------------------------------------------- */

void ST_ISA(sweep_change)(st_sweep_state *s, const float *x, const float *ring, int64_t size,
                          size_t n)
{
    /* Before the record the ring holds NaN, and a difference with NaN is passed over. */
    int64_t slot = (s->at - s->asked->points) % size;
    slot += slot < 0 ? size : 0;
    for (size_t done = 0; done < n;) {
        const size_t left = (size_t)(size - slot), part = n - done < left ? n - done : left;
        for (int f = 0; f < SWEEP_F; f++) {
            vec high = vec_load(s->high + f * VEC), low = vec_load(s->low + f * VEC);
            const float *past = ring + slot * SWEEP_LANES + f * VEC;
            const float *now = x + done * SWEEP_LANES + f * VEC;
            for (size_t i = 0; i < part; i++, now += SWEEP_LANES, past += SWEEP_LANES) {
                const vec change = vec_load(now) - vec_load(past);
                high = vec_most(change, high);
                low = vec_least(change, low);
            }
            vec_store(s->high + f * VEC, high);
            vec_store(s->low + f * VEC, low);
        }
        done += part;
        slot = 0;
    }
    s->at += (int64_t)n;
}

/* ---- PERCENTILE: means of blocks --------------------------------------------------------------- */

static void close_block(st_sweep_state *s)
{
    const bool pair = s->counted > 0 && s->before_counted > 0;
    for (int l = 0; l < SWEEP_LANES; l++) {
        const double mean = s->counted > 0 ? s->total[l] / (double)s->counted : 0.0;
        if (pair) {
            s->c[s->rows * SWEEP_LANES + l] = (float)fabs(mean - s->before[l]);
        }
        s->before[l] = mean;
        s->total[l] = 0.0;
    }
    s->rows += pair;
    s->before_counted = s->counted;
    s->counted = s->filled = 0;
}

static void percentile(st_sweep_state *s, const float *x, const float *load, size_t n)
{
    while (n > 0) {
        const size_t left = (size_t)(s->points - s->filled), part = n < left ? n : left;
        for (int d = 0; d < SWEEP_D; d++) {
            vecd total = vecd_load(s->total + d * SWEEP_HALF);
            for (size_t i = 0; i < part; i++) {
                if (load[i] == load[i]) {
                    total += vecd_widen(x + i * SWEEP_LANES + d * SWEEP_HALF);
                }
            }
            vecd_store(s->total + d * SWEEP_HALF, total);
        }
        for (size_t i = 0; i < part; i++) {
            s->counted += load[i] == load[i];
        }
        x += part * SWEEP_LANES;
        load += part;
        n -= part;
        s->filled += (int64_t)part;
        if (s->filled == s->points) {
            close_block(s);
        }
    }
}

/* ---- AMPLITUDE: moving mean square -------------------------------------------------------------- */

/* As RANGE, with sums for extremes: no subtraction, so no drift. */
static void turn_squares(st_sweep_state *s)
{
    for (int64_t k = s->points - 2; k >= 0; k--) {
        double *to = s->sums + k * SWEEP_LANES;
        for (int d = 0; d < SWEEP_D; d++) {
            const int lane = d * SWEEP_HALF;
            vecd_store(to + lane, vecd_load(to + lane) + vecd_load(to + SWEEP_LANES + lane));
        }
    }
    memset(s->total, 0, sizeof s->total);
    s->filled = 0;
}

static void amplitude(st_sweep_state *s, const float *x, const float *load, const double *weight,
                      size_t n)
{
    for (size_t i = 0; i < n; i++, x += SWEEP_LANES) {
        const bool valid = load[i] == load[i];
        double *slot = s->sums + s->filled * SWEEP_LANES;
        for (int d = 0; d < SWEEP_D; d++) {
            const int lane = d * SWEEP_HALF;
            const vecd y = vecd_widen(x + lane);
            vecd square = vecd_all(0.0);
            if (valid) {
                square = y * y;
            }
            const vecd total = vecd_load(s->total + lane) + square;
            vecd_store(s->total + lane, total);
            if (weight[i] > 0.0) {
                const vecd mean = (vecd_load(slot + SWEEP_LANES + lane) + total) * weight[i];
                vecd_store(s->worst + lane, vecd_most(mean, vecd_load(s->worst + lane)));
            }
            vecd_store(slot + lane, square);
        }
        if (++s->filled == s->points) {
            turn_squares(s);
        }
    }
}

/* ---- TRIP: a fall that needs a closer look ------------------------------------------------------ */

/* st_sweep_close_block, in lanes. */
static void close_tenth(st_sweep_state *s)
{
    const int64_t blocks = s->asked->low, slots = blocks + 1, newest = (s->rows - 1) % slots;
    const vecd level = vecd_all(s->asked->level);
    for (int f = 0; f < SWEEP_F; f++) {
        const float *ring = s->a + f * VEC;
        vec least = vec_all(INFINITY);
        for (int64_t k = 0; s->rows > blocks && k < slots; k++) {
            if (k != newest) {
                least = vec_least(vec_load(ring + k * SWEEP_LANES), least);
            }
        }
        const vec low = vec_load(s->low + f * VEC);
        for (int h = 0; h < 2 && s->rows > blocks; h++) {
            double *worst = s->worst + f * VEC + h * SWEEP_HALF;
            const vecd bound = 0.5001 * (vecd_half(least, h) + level);
            vecd_store(worst, vecd_where(vecd_half(low, h) + level < bound, vecd_all(1.0),
                                         vecd_load(worst)));
        }
        vec_store(s->a + s->rows % slots * SWEEP_LANES + f * VEC, low);
        vec_store(s->low + f * VEC, vec_all(INFINITY));
    }
    s->rows++;
    s->filled = 0;
}

static void trip(st_sweep_state *s, const float *x, size_t n)
{
    while (n > 0) {
        const size_t left = (size_t)(s->points - s->filled), part = n < left ? n : left;
        for (int f = 0; f < SWEEP_F; f++) {
            vec low = vec_load(s->low + f * VEC);
            for (size_t i = 0; i < part; i++) {
                low = vec_least(vec_load(x + i * SWEEP_LANES + f * VEC), low);
            }
            vec_store(s->low + f * VEC, low);
        }
        x += part * SWEEP_LANES;
        n -= part;
        s->filled += (int64_t)part;
        if (s->filled == s->points) {
            close_tenth(s);
        }
    }
}

/* ---- frames ------------------------------------------------------------------------------------ */

/* Invalid samples are counted as they come, by the half of the frame that they are in. */
static void count_invalid(st_sweep_state *s, const float *load, size_t n)
{
    int64_t *const halves[] = {&s->before_counted, &s->counted};
    for (size_t i = 0; i < n; i++) {
        *halves[s->filled + (int64_t)i >= s->points / 2] += load[i] != load[i];
    }
}

static void frames(st_sweep_state *s, const float *x, const float *load, size_t n)
{
    while (n > 0) {
        const size_t left = (size_t)(s->points - s->filled), part = n < left ? n : left;
        memcpy(s->a + s->filled * SWEEP_LANES, x, part * SWEEP_LANES * sizeof(float));
        count_invalid(s, load, part);
        x += part * SWEEP_LANES;
        load += part;
        n -= part;
        s->filled += (int64_t)part;
        if (s->filled == s->points) {
            const size_t half = (size_t)(s->points / 2) * SWEEP_LANES;
            ST_ISA(sweep_frame)(s, s->before_counted + s->counted);
            memcpy(s->a, s->a + half, half * sizeof(float));
            s->filled = s->points / 2;
            s->before_counted = s->counted;
            s->counted = 0;
        }
    }
}

void ST_ISA(sweep_state)(st_sweep_state *s, const float *x, const float *load, const double *weight,
                         size_t n)
{
    switch (s->asked->kind) {
    case ST_SWEEP_LEVEL: level(s, x, n); break;
    case ST_SWEEP_RANGE: range(s, x, n); break;
    case ST_SWEEP_PERCENTILE: percentile(s, x, load, n); break;
    case ST_SWEEP_AMPLITUDE: amplitude(s, x, load, weight, n); break;
    case ST_SWEEP_TRIP: trip(s, x, n); break;
    case ST_SWEEP_LINE:
    case ST_SWEEP_SHARE: frames(s, x, load, n); break;
    default: break; /* CHANGE has the ring of its channel */
    }
}
