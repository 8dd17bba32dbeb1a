/* sweep_end.cu - what comes back from the device: lines on the way, draws for a watcher, and the
 * states that the last steps of the statistics are made from, on the host and as for the CPU. */
#include "sweep.cuh"

/* ---- on the way --------------------------------------------------------------- */

/* A flat frame has a line of 0. */
static void take_line(const sweep_line *line, int64_t points, double *largest)
{
    if (line->bin >= 0) {
        const double found = line->bin > 0 ? st_sweep_line(points, line->power, line->bin) : 0.0;
        *largest = found > *largest ? found : *largest;
    }
}

/* Frames of statistic i that end in samples [from, from + n): one whenever half of one more has come
 * in, from the second half on. */
static size_t frames_of(int64_t points, int64_t from, size_t n)
{
    const int64_t hop = points / 2, end = from + (int64_t)n;
    const int64_t until = end / hop - 1, before = from / hop - 1;
    return (size_t)((until > 0 ? until : 0) - (before > 0 ? before : 0));
}

st_status cuda_sweep_take_lines(sweep_run *run, int64_t from, size_t n)
{
    sweep_space *s = &run->space;
    const size_t lanes = s->task.lanes;
    if (s->lines == 0) {
        return ST_OK;
    }
    ST_CUDA_TRY(run->ctx, run->exec,
                cudaMemcpyAsync(s->host_line, s->line, s->lines * s->lanes * sizeof(sweep_line),
                                cudaMemcpyDeviceToHost, run->exec->compute));
    ST_CUDA_TRY(run->ctx, run->exec, cudaStreamSynchronize(run->exec->compute));
    for (size_t i = 0; i < run->sweep->n_statistics; i++) {
        const sweep_statistic *to = &s->statistic[i];
        const sweep_line *line = s->host_line + (to->line - s->line);
        const size_t frames =
            to->kind == ST_SWEEP_LINE ? frames_of(to->points, from, n) * lanes : 0;
        for (size_t k = 0; k < frames; k++) {
            take_line(&line[k], to->points, &run->lines[i * s->lanes + k % lanes]);
        }
    }
    return ST_OK;
}

st_status cuda_sweep_feed(sweep_run *run, size_t n)
{
    const sweep_space *s = &run->space;
    const size_t groups = s->task.lanes / SWEEP_LANES, row = SWEEP_LANES * sizeof(float);
    if (run->watch == NULL) {
        return ST_OK;
    }
    ST_CUDA_TRY(run->ctx, run->exec,
                cudaMemcpy2DAsync(run->draws, SWEEP_BLOCK * row,
                                  s->task.slabs + s->channel[0].signal, s->task.slab_bytes, n * row,
                                  groups, cudaMemcpyDeviceToHost, run->exec->compute));
    ST_CUDA_TRY(run->ctx, run->exec, cudaStreamSynchronize(run->exec->compute));
    for (size_t g = 0; g < groups; g++) {
        run->sweep->watcher->feed(run->watch[g], run->draws + g * (size_t)SWEEP_BLOCK * SWEEP_LANES,
                                  n);
    }
    return ST_OK;
}

/* ---- at the end of a batch ------------------------------------------------------------------------ */

static st_status fetch(const sweep_run *run, void *to, const void *from, size_t bytes)
{
    if (bytes > 0) {
        ST_CUDA_TRY(run->ctx, run->exec,
                    cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, run->exec->compute));
        ST_CUDA_TRY(run->ctx, run->exec, cudaStreamSynchronize(run->exec->compute));
    }
    return ST_OK;
}

/* The state of statistic i of a group, as the CPU would have it now. tally: [SWEEP_LANES] */
static st_status fetch_state(const sweep_run *run, size_t group, size_t i, const sweep_tally *tally)
{
    const sweep_space *s = &run->space;
    const sweep_statistic *from = &s->statistic[i];
    const unsigned char *slab = s->task.slabs + group * s->task.slab_bytes;
    const size_t row = SWEEP_LANES * sizeof(float);
    st_sweep_state *to = &run->states[i];
    to->points = from->points;
    to->filled = tally[0].filled;
    to->rows = tally[0].rows;
    for (int l = 0; l < SWEEP_LANES; l++) {
        to->high[l] = tally[l].high;
        to->low[l] = tally[l].low;
        to->worst_range[l] = tally[l].worst_range;
        to->worst[l] = from->kind == ST_SWEEP_LINE
                           ? run->lines[i * s->lanes + group * SWEEP_LANES + (size_t)l]
                           : tally[l].worst;
    }
    switch (from->kind) {
    case ST_SWEEP_TRIP: return fetch(run, to->a, slab + from->a, ((size_t)from->low + 1) * row);
    case ST_SWEEP_PERCENTILE: return fetch(run, to->c, slab + from->c, (size_t)to->rows * row);
    case ST_SWEEP_SHARE:
        return fetch(run, to->sums, slab + from->sums, ((size_t)from->points / 2 + 1) * 2 * row);
    default: return ST_OK;
    }
}

st_status cuda_sweep_finish(const sweep_run *run, double *worst)
{
    const sweep_task *task = &run->space.task;
    const size_t n = run->sweep->n_statistics;
    for (size_t group = 0; n > 0 && group < task->lanes / SWEEP_LANES; group++) {
        for (size_t i = 0; i < n; i++) {
            sweep_tally tally[SWEEP_LANES];
            ST_TRY(fetch(run, tally, task->tally + i * task->lanes + group * SWEEP_LANES,
                         sizeof tally));
            ST_TRY(fetch_state(run, group, i, tally));
        }
        st_sweep_finish(run->states, n, worst + (run->first + group * SWEEP_LANES) * n);
    }
    return ST_OK;
}

/* ---- memory --------------------------------------------------------------------------------------- */

st_status cuda_sweep_take_host(sweep_run *run)
{
    const st_sweep *sweep = run->sweep;
    const size_t n = sweep->n_statistics, lanes = run->space.lanes, row = SWEEP_LANES;
    size_t bytes = st_arena_need(n * lanes, sizeof(double)) +
                   st_arena_need(lanes, sizeof(st_sweep_battery)) +
                   st_arena_need(n, sizeof(st_sweep_state)) +
                   st_arena_need(WATCHED_LANES / SWEEP_LANES, sizeof(void *)) +
                   st_arena_need((size_t)SWEEP_BLOCK * WATCHED_LANES, sizeof(float));
    void *block;
    for (size_t i = 0; i < n; i++) {
        const st_sweep_rows rows = st_sweep_rows_of(sweep, &sweep->statistic[i]);
        bytes += st_arena_need(rows.a * row, sizeof(float)) +
                 st_arena_need(rows.c * row, sizeof(float)) +
                 st_arena_need(rows.sums * row, sizeof(double));
    }
    ST_TRY(st_arena_open(run->ctx, bytes, "the ends of a sweep", &run->arena));
    ST_TRY(st_arena_take(run->ctx, &run->arena, n * lanes, sizeof(double), &block));
    run->lines = (double *)block;
    ST_TRY(st_arena_take(run->ctx, &run->arena, lanes, sizeof(st_sweep_battery), &block));
    run->start = (st_sweep_battery *)block;
    ST_TRY(st_arena_take(run->ctx, &run->arena, n, sizeof(st_sweep_state), &block));
    run->states = (st_sweep_state *)block;
    for (size_t i = 0; i < n; i++) {
        const st_sweep_rows rows = st_sweep_rows_of(sweep, &sweep->statistic[i]);
        run->states[i].asked = &sweep->statistic[i];
        ST_TRY(st_arena_take(run->ctx, &run->arena, rows.a * row, sizeof(float), &block));
        run->states[i].a = (float *)block;
        ST_TRY(st_arena_take(run->ctx, &run->arena, rows.c * row, sizeof(float), &block));
        run->states[i].c = (float *)block;
        ST_TRY(st_arena_take(run->ctx, &run->arena, rows.sums * row, sizeof(double), &block));
        run->states[i].sums = (double *)block;
    }
    if (sweep->watcher != NULL) {
        ST_TRY(st_arena_take(run->ctx, &run->arena, WATCHED_LANES / SWEEP_LANES, sizeof(void *),
                             &block));
        run->watch = (void **)block;
        ST_TRY(st_arena_take(run->ctx, &run->arena, (size_t)SWEEP_BLOCK * WATCHED_LANES,
                             sizeof(float), &block));
        run->draws = (float *)block;
    }
    return ST_OK;
}
