/* sweep.c - carries groups of candidates through the load: tables, memory of a thread, reading,
 * and the loop over groups. The arithmetic is in sweep_step.c, sweep_statistic.c, sweep_frames.c. */
#include "cpu/sweep.h"

#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <string.h>

#include "core/memory.h"
#include "cpu/exec.h"
#include "cpu/sweep_finish.h"
#include "formula/frame.h"

enum { ROW = SWEEP_LANES * (int)sizeof(float), WIDE_ROW = SWEEP_LANES * (int)sizeof(double) };

typedef struct sweep_run {
    st_context *ctx;
    const st_sweep *sweep;
    void (*block)(sweep_work *work, const float *load, const float *excess, size_t n);
    sweep_tables *tables; /* [n_statistics] */
    double *worst;
    atomic_size_t done; /* groups */
    atomic_int status;  /* of the first failure */
} sweep_run;

/* ---- tables of the frames --------------------------------------------------------------------- */

static size_t tables_bytes(const st_sweep *sweep)
{
    size_t bytes = st_arena_need(sweep->n_statistics, sizeof(sweep_tables));
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const size_t n = (size_t)sweep->statistic[i].points;
        if (sweep_has_frames(sweep->statistic[i].kind)) {
            bytes += st_arena_need(n, sizeof(float)) + st_arena_need(n / 2, sizeof(st_c32)) +
                     st_arena_need(n / 2 + 1, sizeof(st_c32));
        }
    }
    return bytes;
}

static st_status make_tables(st_context *ctx, const st_sweep *sweep, st_arena *arena,
                             sweep_tables **tables)
{
    void *block, *half, *whole;
    ST_TRY(st_arena_take(ctx, arena, sweep->n_statistics, sizeof(sweep_tables), &block));
    *tables = block;
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const int n = (int)sweep->statistic[i].points;
        sweep_tables *t = &(*tables)[i];
        if (!sweep_has_frames(sweep->statistic[i].kind)) {
            continue;
        }
        ST_TRY(st_arena_take(ctx, arena, (size_t)n, sizeof(float), &block));
        ST_TRY(st_arena_take(ctx, arena, (size_t)n / 2, sizeof(st_c32), &half));
        ST_TRY(st_arena_take(ctx, arena, (size_t)n / 2 + 1, sizeof(st_c32), &whole));
        *t = (sweep_tables){block, half, whole};
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

/* ---- memory of a thread ------------------------------------------------------------------------ */

/* What a statistic keeps, in rows of lanes. */
typedef struct sweep_rows {
    size_t a, b, c;      /* rows of floats */
    size_t sums, counts; /* rows of doubles; integers */
} sweep_rows;

static sweep_rows rows_of(const st_sweep *sweep, const st_sweep_statistic *asked)
{
    const size_t points = (size_t)asked->points;
    switch (asked->kind) {
    case ST_SWEEP_RANGE: return (sweep_rows){points + 1, points + 1, 0, 0, 0};
    case ST_SWEEP_PERCENTILE:
        /* a row per pair of blocks, and room for one lane's column, which may be a row longer */
        return (sweep_rows){0, 0, (size_t)(sweep->samples / asked->points) * 17 / 16 + 2, 0, 0};
    case ST_SWEEP_AMPLITUDE: return (sweep_rows){0, 0, 0, points + 1, points + 1};
    case ST_SWEEP_LINE: return (sweep_rows){points, points, points, 0, 0};
    case ST_SWEEP_SHARE: return (sweep_rows){points, points, points, points / 2 + 1, 0};
    case ST_SWEEP_TRIP: return (sweep_rows){(size_t)asked->low + 1, 0, 0, 0, 0};
    default: return (sweep_rows){0, 0, 0, 0, 0};
    }
}

/* The longest lag that is asked of a channel, and room for a block; 0 = no ring. */
static size_t ring_rows(const st_sweep *sweep, size_t channel)
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

static size_t late_rows(const st_sweep *sweep)
{
    return sweep->recovery_per_s > 0.0 ? (size_t)sweep->delay : 0;
}

static size_t work_bytes(const st_sweep *sweep)
{
    const size_t block = ST_SWEEP_BLOCK;
    size_t bytes = 2 * st_arena_need(SWEEP_READ, sizeof(float)) +
                   st_arena_need(sweep->n_channels * block, ROW) + st_arena_need(block, ROW) +
                   st_arena_need(block, WIDE_ROW) + st_arena_need(late_rows(sweep), ROW) +
                   st_arena_need(sweep->n_channels, sizeof(sweep_filter)) +
                   st_arena_need(sweep->n_channels, sizeof(float *)) +
                   st_arena_need(sweep->n_channels, sizeof(int64_t)) +
                   st_arena_need(sweep->n_statistics, sizeof(sweep_state));
    for (size_t c = 0; c < sweep->n_channels; c++) {
        bytes += st_arena_need(ring_rows(sweep, c), ROW);
    }
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const sweep_rows rows = rows_of(sweep, &sweep->statistic[i]);
        bytes += st_arena_need(rows.a, ROW) + st_arena_need(rows.b, ROW) +
                 st_arena_need(rows.c, ROW) + st_arena_need(rows.sums, WIDE_ROW) +
                 st_arena_need(rows.counts, sizeof(int64_t));
    }
    return bytes;
}

static st_status take(st_context *ctx, st_arena *arena, size_t count, size_t size, void *slot)
{
    void *block;
    ST_TRY(st_arena_take(ctx, arena, count, size, &block));
    memcpy(slot, &block, sizeof block);
    return ST_OK;
}

static st_status open_work(st_context *ctx, const sweep_run *run, st_arena *arena, sweep_work *work)
{
    const st_sweep *sweep = run->sweep;
    const size_t block = ST_SWEEP_BLOCK;
    *work = (sweep_work){.sweep = sweep};
    ST_TRY(st_arena_open(ctx, work_bytes(sweep), "a group of candidates", arena));
    ST_TRY(take(ctx, arena, SWEEP_READ, sizeof(float), &work->load));
    ST_TRY(take(ctx, arena, SWEEP_READ, sizeof(float), &work->excess));
    ST_TRY(take(ctx, arena, sweep->n_channels * block, ROW, &work->signal));
    ST_TRY(take(ctx, arena, block, ROW, &work->power));
    ST_TRY(take(ctx, arena, block, WIDE_ROW, &work->wide));
    ST_TRY(take(ctx, arena, late_rows(sweep), ROW, &work->late));
    ST_TRY(take(ctx, arena, sweep->n_channels, sizeof(sweep_filter), &work->filter));
    ST_TRY(take(ctx, arena, sweep->n_channels, sizeof(float *), &work->ring));
    ST_TRY(take(ctx, arena, sweep->n_channels, sizeof(int64_t), &work->ring_size));
    ST_TRY(take(ctx, arena, sweep->n_statistics, sizeof(sweep_state), &work->state));
    for (size_t c = 0; c < sweep->n_channels; c++) {
        work->ring_size[c] = (int64_t)ring_rows(sweep, c);
        ST_TRY(take(ctx, arena, (size_t)work->ring_size[c], ROW, &work->ring[c]));
    }
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        sweep_state *state = &work->state[i];
        const sweep_rows rows = rows_of(sweep, &sweep->statistic[i]);
        state->asked = &sweep->statistic[i];
        state->tables = &run->tables[i];
        ST_TRY(take(ctx, arena, rows.a, ROW, &state->a));
        ST_TRY(take(ctx, arena, rows.b, ROW, &state->b));
        ST_TRY(take(ctx, arena, rows.c, ROW, &state->c));
        ST_TRY(take(ctx, arena, rows.sums, WIDE_ROW, &state->sums));
        ST_TRY(take(ctx, arena, rows.counts, sizeof(int64_t), &state->counts));
    }
    return ST_OK;
}

/* ---- one group ---------------------------------------------------------------------------------- */

static void start_statistic(sweep_state *s, const sweep_rows *rows)
{
    const sweep_state kept = *s;
    *s = (sweep_state){.asked = kept.asked,
                       .tables = kept.tables,
                       .points = kept.asked->points,
                       .a = kept.a,
                       .b = kept.b,
                       .c = kept.c,
                       .sums = kept.sums,
                       .counts = kept.counts};
    for (int l = 0; l < SWEEP_LANES; l++) {
        s->high[l] = s->worst_range[l] = -INFINITY;
        s->low[l] = INFINITY;
        s->worst[l] = -INFINITY;
    }
    for (int l = 0; rows->b > 0 && l < SWEEP_LANES; l++) { /* behind the chunk: nothing */
        s->a[(rows->a - 1) * SWEEP_LANES + (size_t)l] = -INFINITY;
        s->b[(rows->b - 1) * SWEEP_LANES + (size_t)l] = INFINITY;
    }
    memset(s->sums, 0, rows->sums * WIDE_ROW);
    memset(s->counts, 0, rows->counts * sizeof(int64_t));
}

static void start_group(sweep_work *work, size_t group)
{
    const st_sweep *sweep = work->sweep;
    work->group = group;
    work->at = work->late_at = 0;
    for (int l = 0; l < SWEEP_LANES; l++) {
        const st_sweep_candidate *c = &sweep->candidate[group * SWEEP_LANES + (size_t)l];
        work->limit[l] = c->power;
        work->b0[l] = c->b0;
        work->b1[l] = c->b1;
        work->floor[l] = c->floor;
        work->ceiling[l] = c->ceiling;
        work->command[l] = work->lagged[l] = 0.0f;
        work->stored[l] = 0.0;
    }
    memset(work->late, 0, late_rows(sweep) * ROW);
    memset(work->filter, 0, sweep->n_channels * sizeof(sweep_filter));
    for (size_t c = 0; c < sweep->n_channels; c++) {
        for (int64_t i = 0; i < work->ring_size[c] * SWEEP_LANES; i++) {
            work->ring[c][i] = NAN;
        }
    }
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const sweep_rows rows = rows_of(sweep, work->state[i].asked);
        start_statistic(&work->state[i], &rows);
    }
}

/* Rows of [from, from + n). Without recovery a command is the clamped excess, so that the dead time
 * may come before the clamp: it is in the reading. */
static st_status read_rows(const sweep_run *run, sweep_work *work, int64_t from, size_t n)
{
    const st_sweep *sweep = run->sweep;
    const size_t control = sweep->candidate[work->group * SWEEP_LANES].control,
                 size = sizeof(float);
    const int64_t shift = sweep->recovery_per_s > 0.0 ? 0 : sweep->delay;
    size_t early = 0; /* samples before the record: the battery has been idle */
    if (from < shift) {
        early = shift - from < (int64_t)n ? (size_t)(shift - from) : n;
    }
    memset(work->excess, 0, early * size);
    ST_TRY(st_scratch_read(run->ctx, sweep->scratch, sweep->load_offset + (uint64_t)from * size,
                           work->load, n * size));
    return st_scratch_read(run->ctx, sweep->scratch,
                           sweep->excess_offset[control] +
                               (uint64_t)(from + (int64_t)early - shift) * size,
                           work->excess + early, (n - early) * size);
}

/* Only the calling thread may talk. */
static st_status tell(const sweep_run *run, int64_t at)
{
    const double samples = (double)run->sweep->samples;
    if (omp_get_thread_num() != 0 || at / SWEEP_READ % 8 != 0) {
        return ST_OK;
    }
    const double done = (double)run->done * SWEEP_LANES + (double)run->sweep->before;
    return st_progress(run->ctx, "size", done * samples + (double)at * SWEEP_LANES,
                       (double)run->sweep->all * samples, "samples");
}

static st_status carry_group(sweep_run *run, sweep_work *work, void *watch)
{
    const st_sweep *sweep = run->sweep;
    for (int64_t from = 0; from < sweep->samples; from += SWEEP_READ) {
        const int64_t left = sweep->samples - from;
        const size_t n = (size_t)(left < SWEEP_READ ? left : SWEEP_READ);
        if (run->status != ST_OK) {
            return ST_OK; /* another thread has said why */
        }
        ST_TRY(read_rows(run, work, from, n));
        for (size_t i = 0; i < n; i += ST_SWEEP_BLOCK) {
            const size_t part = n - i < ST_SWEEP_BLOCK ? n - i : ST_SWEEP_BLOCK;
            run->block(work, work->load + i, work->excess + i, part);
            if (watch != NULL) {
                sweep->watcher->feed(watch, work->signal, part);
            }
        }
        ST_TRY(tell(run, from));
    }
    return ST_OK;
}

static st_status run_group(sweep_run *run, sweep_work *work, size_t group)
{
    const st_sweep_watcher *watcher = run->sweep->watcher;
    void *watch = NULL;
    st_status status = ST_OK;
    start_group(work, group);
    if (watcher != NULL) {
        status = watcher->open(watcher->user, run->ctx, group, &watch);
    }
    if (status == ST_OK) {
        status = carry_group(run, work, watch);
    }
    if (watcher != NULL) {
        watcher->close(watch, status != ST_OK || run->status != ST_OK);
    }
    if (status == ST_OK && run->status == ST_OK) {
        st_sweep_finish(work, run->worst + group * SWEEP_LANES * run->sweep->n_statistics);
    }
    run->done++;
    return status;
}

static void note(sweep_run *run, st_status status)
{
    int fine = ST_OK;
    if (status != ST_OK) {
        (void)atomic_compare_exchange_strong(&run->status, &fine, (int)status);
    }
}

st_status st_cpu_sweep(st_context *ctx, const st_sweep *sweep, double *worst)
{
    st_status status = ST_OK;
    st_arena tables = {NULL, 0, 0};
    const size_t groups = sweep->n_candidates / SWEEP_LANES;
    sweep_run run = {
        .ctx = ctx, .sweep = sweep, .block = st_cpu_loops_choose()->sweep, .worst = worst};
    ST_GOTO(status, st_arena_open(ctx, tables_bytes(sweep), "the tables of a sweep", &tables));
    ST_GOTO(status, make_tables(ctx, sweep, &tables, &run.tables));
    ST_GOTO(status, tell(&run, 0)); /* of a few groups the calling thread may get none */
#pragma omp parallel num_threads(sweep->threads)
    {
        sweep_work work;
        st_arena arena = {NULL, 0, 0};
        note(&run, open_work(ctx, &run, &arena, &work));
#pragma omp for schedule(dynamic, 1)
        for (size_t group = 0; group < groups; group++) {
            if (run.status == ST_OK) {
                note(&run, run_group(&run, &work, group));
            }
        }
        st_arena_close(&arena);
    }
    status = (st_status)run.status;
done:
    st_arena_close(&tables);
    return status;
}
