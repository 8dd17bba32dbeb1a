/* size_weights.c - what moving mean squares are divided by: a row of weights for each length of
 * window, the same for every candidate, so that no lane counts and no sample divides. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "engine/sizing.h"

enum { BLOCK = 16384 };

/* Samples [from, from + n) as far as the record has them; NaN before it. */
static st_status read_part(st_context *ctx, const st_series *series, int64_t from, size_t n,
                           double *x)
{
    size_t before = 0;
    if (from < 0) {
        before = -from < (int64_t)n ? (size_t)-from : n;
    }
    for (size_t i = 0; i < before; i++) {
        x[i] = (double)NAN;
    }
    return before == n
               ? ST_OK
               : st_series_read(ctx, series, from + (int64_t)before, n - before, x + before);
}

/* A window that is whole, and half of it valid, is judged: as assess does. */
static void weigh(const double *now, const double *past, size_t n, int64_t at, int64_t points,
                  int64_t *counted, double *weight)
{
    for (size_t i = 0; i < n; i++) {
        *counted += isfinite(now[i]) != 0;
        *counted -= isfinite(past[i]) != 0;
        const bool judged = at + (int64_t)i >= points - 1 && 2 * *counted >= points && *counted > 0;
        weight[i] = judged ? 1.0 / (double)*counted : 0.0;
    }
}

static st_status weigh_row(st_context *ctx, const st_run *run, int64_t points, double *space,
                           uint64_t row)
{
    const st_series *seen = &run->seen;
    double *now = space, *past = now + BLOCK, *weight = past + BLOCK;
    int64_t counted = 0;
    for (int64_t from = 0; from < seen->samples; from += BLOCK) {
        const int64_t left = seen->samples - from;
        const size_t n = (size_t)(left < BLOCK ? left : BLOCK);
        ST_TRY(read_part(ctx, seen, from, n, now));
        ST_TRY(read_part(ctx, seen, from - points, n, past));
        weigh(now, past, n, from, points, &counted, weight);
        ST_TRY(st_scratch_write(ctx, run->scratch, row + (uint64_t)from * sizeof(double), weight,
                                n * sizeof(double)));
    }
    return ST_OK;
}

/* The row of an earlier statistic with windows as long, or a new one. */
static st_status weigh_statistic(st_context *ctx, const st_run *run, st_sized_rules *rules,
                                 size_t i, double *space)
{
    st_sweep_statistic *asked = &rules->statistic[i];
    for (size_t k = 0; k < i; k++) {
        const st_sweep_statistic *known = &rules->statistic[k];
        if (known->kind == ST_SWEEP_AMPLITUDE && known->points == asked->points) {
            asked->weight_offset = known->weight_offset;
            return ST_OK;
        }
    }
    ST_TRY(st_scratch_reserve(ctx, run->scratch, (uint64_t)run->plan->samples * sizeof(double),
                              &asked->weight_offset));
    return weigh_row(ctx, run, asked->points, space, asked->weight_offset);
}

st_status st_sized_rules_weigh(st_context *ctx, const st_run *run, st_sized_rules *rules)
{
    st_status status = ST_OK;
    void *space;
    ST_TRY(st_alloc(ctx, 3 * (size_t)BLOCK, sizeof(double), "the weights of a window", &space));
    for (size_t i = 0; i < rules->n_statistics && status == ST_OK; i++) {
        if (rules->statistic[i].kind == ST_SWEEP_AMPLITUDE) {
            status = weigh_statistic(ctx, run, rules, i, space);
        }
    }
    st_free(space);
    return status;
}
