/* percentile.c - ramp_percentile: how steeply consecutive block means follow each other.
 * The one statistic whose memory grows with the record: 16 bytes for each block of average_s, so
 * 1.4 MB for a day of 1 s blocks. */
#include <math.h>
#include <stdlib.h>

#include "assess/statistic.h"
#include "formula/duration.h"

/* |difference| of a block's mean and the one's before it. */
typedef struct step {
    double size_w;
    int64_t start; /* first sample of the earlier block */
} step;

typedef struct percentile {
    int64_t block, filled; /* samples of a block; of them seen */
    int64_t at;
    int64_t valid;
    double first_w, sum_w; /* of the block: its first valid sample, and the rest relative to it */
    double before_w;       /* mean of the block before; NaN = none or no valid sample */
    double average_s, share;
    step *steps; /* [blocks - 1] */
    size_t n_steps;
} percentile;

static int64_t block_samples(const st_statistic_setup *setup)
{
    const int64_t block = st_duration_samples(setup->asked->average_s, setup->period_ns);
    return block > 1 ? block : 1;
}

static int64_t percentile_span(const st_statistic_setup *setup)
{
    return 2 * block_samples(setup);
}

static double percentile_slowest(const st_statistic_setup *setup)
{
    return 0.5 / setup->asked->average_s;
}

static size_t percentile_bytes(const st_statistic_setup *setup)
{
    return st_arena_need(1, sizeof(percentile)) +
           st_arena_need((size_t)(setup->samples / block_samples(setup)), sizeof(step));
}

static st_status percentile_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                                  void **state)
{
    void *steps;
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(percentile), state));
    percentile *s = *state;
    s->block = block_samples(setup);
    s->before_w = NAN;
    s->average_s = setup->asked->average_s;
    s->share = setup->asked->percentile / 100.0;
    ST_TRY(st_arena_take(ctx, arena, (size_t)(setup->samples / s->block), sizeof(step), &steps));
    s->steps = steps;
    return ST_OK;
}

static void close_block(percentile *s)
{
    const double mean_w = s->valid > 0 ? s->first_w + s->sum_w / (double)s->valid : NAN;
    const double size_w = fabs(mean_w - s->before_w);
    if (!isnan(size_w)) {
        s->steps[s->n_steps++] = (step){size_w, s->at + 1 - 2 * s->block};
    }
    s->before_w = mean_w;
    s->valid = s->filled = 0;
    s->sum_w = 0.0;
}

static void percentile_feed(void *state, const double *x, size_t n)
{
    percentile *s = state;
    for (size_t i = 0; i < n; i++, s->at++) {
        if (!isnan(x[i])) {
            s->first_w = s->valid == 0 ? x[i] : s->first_w;
            s->sum_w += x[i] - s->first_w;
            s->valid++;
        }
        if (++s->filled == s->block) {
            close_block(s);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    const step *p = a, *q = b;
    if (p->size_w != q->size_w) {
        return p->size_w < q->size_w ? -1 : 1;
    }
    return (p->start > q->start) - (p->start < q->start);
}

/* Linear interpolation between ranks; the window is the pair at the upper rank. */
static st_worst percentile_finish(void *state)
{
    percentile *s = state;
    if (s->n_steps == 0) {
        return (st_worst){NAN, 0};
    }
    qsort(s->steps, s->n_steps, sizeof s->steps[0], by_size);
    const double rank = s->share * (double)(s->n_steps - 1);
    const size_t below = (size_t)rank;
    size_t above = below + 1 < s->n_steps ? below + 1 : below;
    const double low_w = s->steps[below].size_w, high_w = s->steps[above].size_w;
    const double size_w = low_w + (high_w - low_w) * (rank - (double)below);
    above = rank > (double)below ? above : below;
    while (above > 0 && s->steps[above - 1].size_w == s->steps[above].size_w) {
        above--;
    }
    return (st_worst){size_w / s->average_s, s->steps[above].start};
}

const st_statistic_ops st_ops_ramp_percentile = {
    ST_STAT_RAMP_PERCENTILE, percentile_span, percentile_slowest, percentile_bytes,
    percentile_start,        percentile_feed, percentile_finish};
