/* sweep.c - the sweep on the processor: OpenMP over groups of candidates, lanes within a group. Here
 * are the memory of a thread, reading, and the loop over groups; each group streams the load once,
 * in memory of one group per thread. The loops over samples are in sweep_filter.c and the files
 * that it calls. Knows neither sites nor rules. */
#include "cpu/exec.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <string.h>

#include "core/memory.h"

enum { ROW = SWEEP_LANES * (int)sizeof(float), WIDE_ROW = SWEEP_LANES * (int)sizeof(double) };

typedef struct sweep_run {
    st_context *ctx;
    const st_sweep *sweep;
    const cpu_loops *loops;
    st_sweep_tables *tables; /* [n_statistics] */
    double *worst;
    atomic_size_t done; /* groups */
    atomic_int status;  /* of the first failure */
} sweep_run;

/* ---- memory of a thread ------------------------------------------------------------------------ */

static size_t late_rows(const st_sweep *sweep)
{
    return sweep->share.recovery_per_s > 0.0 ? (size_t)sweep->delay : 0;
}

static size_t work_bytes(const st_sweep *sweep)
{
    const size_t block = ST_SWEEP_BLOCK;
    size_t bytes = 2 * st_arena_need(SWEEP_READ, sizeof(float)) +
                   st_arena_need(sweep->n_channels * block, ROW) + st_arena_need(block, WIDE_ROW) +
                   st_arena_need(late_rows(sweep), ROW) +
                   st_arena_need(sweep->n_behind, sizeof(sweep_behind)) +
                   st_arena_need(sweep->n_channels, sizeof(sweep_filter)) +
                   st_arena_need(sweep->n_channels, sizeof(float *)) +
                   st_arena_need(sweep->n_channels, sizeof(int64_t)) +
                   st_arena_need(sweep->n_statistics, sizeof(double *)) +
                   st_arena_need(sweep->n_statistics, sizeof(st_sweep_state));
    for (size_t b = 0; b < sweep->n_behind; b++) {
        bytes += st_arena_need((size_t)sweep->behind[b].delay, WIDE_ROW);
    }
    for (size_t c = 0; c < sweep->n_channels; c++) {
        bytes += st_arena_need(st_sweep_ring_rows(sweep, c), ROW);
    }
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const st_sweep_rows rows = st_sweep_rows_of(sweep, &sweep->statistic[i]);
        bytes += st_arena_need(rows.a, ROW) + st_arena_need(rows.b, ROW) +
                 st_arena_need(rows.c, ROW) + st_arena_need(rows.sums, WIDE_ROW) +
                 st_arena_need(SWEEP_READ, sizeof(double));
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

static st_status open_state(st_context *ctx, const sweep_run *run, st_arena *arena, size_t i,
                            sweep_work *work)
{
    const st_sweep_statistic *asked = &run->sweep->statistic[i];
    const st_sweep_rows rows = st_sweep_rows_of(run->sweep, asked);
    st_sweep_state *state = &work->state[i];
    state->asked = asked;
    state->tables = &run->tables[i];
    if (asked->kind == ST_SWEEP_AMPLITUDE) {
        ST_TRY(take(ctx, arena, SWEEP_READ, sizeof(double), &work->weight[i]));
    }
    ST_TRY(take(ctx, arena, rows.a, ROW, &state->a));
    ST_TRY(take(ctx, arena, rows.b, ROW, &state->b));
    ST_TRY(take(ctx, arena, rows.c, ROW, &state->c));
    return take(ctx, arena, rows.sums, WIDE_ROW, &state->sums);
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
    ST_TRY(take(ctx, arena, block, WIDE_ROW, &work->wide));
    ST_TRY(take(ctx, arena, late_rows(sweep), ROW, &work->late));
    ST_TRY(take(ctx, arena, sweep->n_behind, sizeof(sweep_behind), &work->behind));
    ST_TRY(take(ctx, arena, sweep->n_channels, sizeof(sweep_filter), &work->filter));
    ST_TRY(take(ctx, arena, sweep->n_channels, sizeof(float *), &work->ring));
    ST_TRY(take(ctx, arena, sweep->n_channels, sizeof(int64_t), &work->ring_size));
    ST_TRY(take(ctx, arena, sweep->n_statistics, sizeof(double *), &work->weight));
    ST_TRY(take(ctx, arena, sweep->n_statistics, sizeof(st_sweep_state), &work->state));
    for (size_t b = 0; b < sweep->n_behind; b++) {
        ST_TRY(take(ctx, arena, (size_t)sweep->behind[b].delay, WIDE_ROW, &work->behind[b].late));
    }
    for (size_t c = 0; c < sweep->n_channels; c++) {
        work->ring_size[c] = (int64_t)st_sweep_ring_rows(sweep, c);
        ST_TRY(take(ctx, arena, (size_t)work->ring_size[c], ROW, &work->ring[c]));
    }
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        ST_TRY(open_state(ctx, run, arena, i, work));
    }
    return ST_OK;
}

/* ---- before the first sample -------------------------------------------------------------------- */

static void start_batteries(sweep_work *work)
{
    const st_sweep *sweep = work->sweep;
    work->late_at = 0;
    for (int l = 0; l < SWEEP_LANES; l++) {
        const st_sweep_candidate *c = &sweep->candidate[work->group * SWEEP_LANES + (size_t)l];
        work->limit[l] = c->power;
        work->b0[l] = c->b0;
        work->b1[l] = c->b1;
        work->floor[l] = c->floor;
        work->ceiling[l] = c->ceiling;
        work->command[l] = work->lagged[l] = 0.0f;
        work->stored[l] = 0.0;
    }
    memset(work->late, 0, late_rows(sweep) * ROW);
}

/* The stage has seen its level for ever. */
static void start_behind(const st_sweep_stage *stage, sweep_behind *b)
{
    b->late_at = 0;
    memset(b->late, 0, (size_t)stage->delay * WIDE_ROW);
    for (int l = 0; l < SWEEP_LANES; l++) {
        const double level =
            b->primed > 0 ? b->first[l] + b->sum[l] / (double)b->primed : b->first[l];
        b->held[l] = b->first[l];
        b->load[l] = b->target[l] = level;
        b->low_behind[l] = b->command[l] = b->power_behind[l] = b->stored[l] = 0.0;
    }
}

static void start_group(sweep_work *work)
{
    const st_sweep *sweep = work->sweep;
    work->at = 0;
    start_batteries(work);
    for (size_t b = 0; b < sweep->n_behind; b++) {
        start_behind(&sweep->behind[b], &work->behind[b]);
    }
    memset(work->filter, 0, sweep->n_channels * sizeof(sweep_filter));
    for (size_t c = 0; c < sweep->n_channels; c++) {
        for (int64_t i = 0; i < work->ring_size[c] * SWEEP_LANES; i++) {
            work->ring[c][i] = NAN;
        }
    }
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        st_sweep_state_start(sweep, &work->state[i]);
    }
}

/* ---- one group ---------------------------------------------------------------------------------- */

/* Rows of [from, from + n). Without recovery a command is the clamped excess, so that the dead time
 * may come before the clamp: it is in the reading. */
static st_status read_rows(const sweep_run *run, sweep_work *work, int64_t from, size_t n)
{
    const st_sweep *sweep = run->sweep;
    const size_t control = sweep->candidate[work->group * SWEEP_LANES].control,
                 size = sizeof(float);
    const int64_t shift = late_rows(sweep) > 0 ? 0 : sweep->delay;
    size_t early = 0; /* samples before the record: the battery has been idle */
    if (from < shift) {
        early = shift - from < (int64_t)n ? (size_t)(shift - from) : n;
    }
    memset(work->excess, 0, early * size);
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        if (work->weight[i] != NULL) {
            const uint64_t row = sweep->statistic[i].weight_offset;
            ST_TRY(st_scratch_read(run->ctx, sweep->scratch, row + (uint64_t)from * sizeof(double),
                                   work->weight[i], n * sizeof(double)));
        }
    }
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

/* What comes out of the stages before it over the first samples is what a stage primes on. */
static st_status prime_group(const sweep_run *run, sweep_work *work, size_t behind)
{
    const int64_t end = run->sweep->behind[behind].prime_end;
    start_batteries(work);
    for (size_t b = 0; b < behind; b++) {
        start_behind(&run->sweep->behind[b], &work->behind[b]);
    }
    sweep_behind *b = &work->behind[behind];
    b->primed = 0;
    memset(b->first, 0, sizeof b->first);
    memset(b->sum, 0, sizeof b->sum);
    for (int64_t from = 0; from < end && run->status == ST_OK; from += SWEEP_READ) {
        const size_t n = (size_t)(end - from < SWEEP_READ ? end - from : SWEEP_READ);
        ST_TRY(read_rows(run, work, from, n));
        for (size_t i = 0; i < n; i += ST_SWEEP_BLOCK) {
            const size_t part = n - i < ST_SWEEP_BLOCK ? n - i : ST_SWEEP_BLOCK;
            run->loops->sweep_prime(work, behind, work->load + i, work->excess + i, part);
        }
    }
    return ST_OK;
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
            work->read_at = i;
            run->loops->sweep(work, work->load + i, work->excess + i, part);
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
    const st_sweep *sweep = run->sweep;
    const st_sweep_watcher *watcher = sweep->watcher;
    void *watch = NULL;
    st_status status = ST_OK;
    work->group = group;
    for (size_t b = 0; b < sweep->n_behind && status == ST_OK; b++) {
        status = prime_group(run, work, b);
    }
    start_group(work);
    if (status == ST_OK && watcher != NULL) {
        status = watcher->open(watcher->user, run->ctx, group, &watch);
    }
    if (status == ST_OK) {
        status = carry_group(run, work, watch);
    }
    if (watcher != NULL) {
        watcher->close(watch, status != ST_OK || run->status != ST_OK);
    }
    if (status == ST_OK && run->status == ST_OK) {
        st_sweep_finish(work->state, sweep->n_statistics,
                        run->worst + group * SWEEP_LANES * sweep->n_statistics);
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

/* NOLINTNEXTLINE(readability-non-const-parameter): the run writes to worst */
st_status st_cpu_sweep(st_context *ctx, st_exec *exec, const st_sweep *sweep, double *worst)
{
    st_status status = ST_OK;
    st_arena tables = {NULL, 0, 0};
    const size_t groups = sweep->n_candidates / SWEEP_LANES;
    sweep_run run = {.ctx = ctx,
                     .sweep = sweep,
                     .loops = exec != NULL ? exec->loops : st_cpu_loops_choose(),
                     .worst = worst};
    ST_GOTO(status,
            st_arena_open(ctx, st_sweep_tables_bytes(sweep), "the tables of a sweep", &tables));
    ST_GOTO(status, st_sweep_tables_make(ctx, sweep, &tables, &run.tables));
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
