/* sweep_state.c - room, tables and first values of the statistics of a sweep. */
#include "model/sweep_state.h"

#include <math.h>
#include <string.h>

#include "formula/frame.h"

enum { LANES = ST_SWEEP_LANES };

st_sweep_rows st_sweep_rows_of(const st_sweep *sweep, const st_sweep_statistic *asked)
{
    const size_t points = (size_t)asked->points;
    switch (asked->kind) {
    case ST_SWEEP_RANGE: return (st_sweep_rows){points + 1, points + 1, 0, 0};
    case ST_SWEEP_PERCENTILE:
        /* a row per pair of blocks, and room for one lane's column, which may be a row longer */
        return (st_sweep_rows){0, 0, (size_t)(sweep->samples / asked->points) * 17 / 16 + 2, 0};
    case ST_SWEEP_AMPLITUDE: return (st_sweep_rows){0, 0, 0, points + 1};
    case ST_SWEEP_LINE: return (st_sweep_rows){points, points, points, 0};
    case ST_SWEEP_SHARE: return (st_sweep_rows){points, points, points, points / 2 + 1};
    case ST_SWEEP_TRIP: return (st_sweep_rows){(size_t)asked->low + 1, 0, 0, 0};
    default: return (st_sweep_rows){0, 0, 0, 0};
    }
}

size_t st_sweep_ring_rows(const st_sweep *sweep, size_t channel)
{
    const size_t block = ST_SWEEP_BLOCK;
    size_t longest = 0;
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const st_sweep_statistic *asked = &sweep->statistic[i];
        const size_t points = (size_t)asked->points;
        if (asked->kind == ST_SWEEP_CHANGE && asked->channel == channel && points > longest) {
            longest = points;
        }
    }
    return longest > 0 ? (longest + 2 * block - 1) / block * block : 0;
}

/* ---- tables of the frames --------------------------------------------------------------------- */

size_t st_sweep_tables_bytes(const st_sweep *sweep)
{
    size_t bytes = st_arena_need(sweep->n_statistics, sizeof(st_sweep_tables));
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const size_t n = (size_t)sweep->statistic[i].points;
        if (st_sweep_has_frames(sweep->statistic[i].kind)) {
            bytes += st_arena_need(n, sizeof(float)) + st_arena_need(n / 2, sizeof(st_c32)) +
                     st_arena_need(n / 2 + 1, sizeof(st_c32));
        }
    }
    return bytes;
}

st_status st_sweep_tables_make(st_context *ctx, const st_sweep *sweep, st_arena *arena,
                               st_sweep_tables **tables)
{
    void *block, *half, *whole;
    ST_TRY(st_arena_take(ctx, arena, sweep->n_statistics, sizeof(st_sweep_tables), &block));
    *tables = block;
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const int n = (int)sweep->statistic[i].points;
        st_sweep_tables *t = &(*tables)[i];
        *t = (st_sweep_tables){NULL, NULL, NULL};
        if (!st_sweep_has_frames(sweep->statistic[i].kind)) {
            continue;
        }
        ST_TRY(st_arena_take(ctx, arena, (size_t)n, sizeof(float), &block));
        ST_TRY(st_arena_take(ctx, arena, (size_t)n / 2, sizeof(st_c32), &half));
        ST_TRY(st_arena_take(ctx, arena, (size_t)n / 2 + 1, sizeof(st_c32), &whole));
        *t = (st_sweep_tables){block, half, whole};
        st_fft_twiddle_f32(t->half, n / 2);
        for (int k = 0; k <= n / 2; k++) {
            const double angle = -6.283185307179586476925 * (double)k / (double)n;
            t->whole[k] = (st_c32){(float)cos(angle), (float)sin(angle)};
        }
        for (int k = 0; k < n; k++) {
            t->window[k] = (float)st_hann(k, n);
        }
    }
    return ST_OK;
}

/* ---- before the first sample -------------------------------------------------------------------- */

void st_sweep_state_start(const st_sweep *sweep, st_sweep_state *s)
{
    const st_sweep_state kept = *s;
    const st_sweep_rows rows = st_sweep_rows_of(sweep, kept.asked);
    *s = (st_sweep_state){.asked = kept.asked,
                          .tables = kept.tables,
                          .points = kept.asked->points,
                          .a = kept.a,
                          .b = kept.b,
                          .c = kept.c,
                          .sums = kept.sums};
    for (int l = 0; l < LANES; l++) {
        s->high[l] = s->worst_range[l] = -INFINITY;
        s->low[l] = INFINITY;
        s->worst[l] = -INFINITY;
    }
    for (int l = 0; kept.asked->kind == ST_SWEEP_RANGE && l < LANES; l++) {
        s->a[(rows.a - 1) * LANES + (size_t)l] = -INFINITY; /* behind the chunk: nothing */
        s->b[(rows.b - 1) * LANES + (size_t)l] = INFINITY;
    }
    memset(s->sums, 0, rows.sums * LANES * sizeof *s->sums);
}
