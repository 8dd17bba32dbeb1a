/* sweep_space.cu - the room that a sweep takes on the device: where each array of a group has its
 * place in the slab, how many candidates fit at a time, and the tables that they share. */
#include "sweep.cuh"

#include <stddef.h>
#include <string.h>

/* Of the free memory; the rest stays for others. */
static const double memory_share = 0.8;

/* ---- the slab ----------------------------------------------------------------------------------- */

/* Rows of a group; every array begins on a line of memory. */
static size_t place(size_t *end, size_t rows, size_t size)
{
    const size_t at = *end;
    *end += (rows * SWEEP_LANES * size + 127) / 128 * 128;
    return at;
}

static void lay_out_channels(const st_sweep *sweep, sweep_space *space, size_t *end)
{
    for (size_t c = 0; c < sweep->n_channels; c++) {
        const st_sweep_channel *asked = &sweep->channel[c];
        sweep_channel *to = &space->channel[c];
        to->input = (int)asked->input;
        to->order = asked->order;
        for (int s = 0; s < asked->order; s++) {
            memcpy(to->section[s], asked->section[s], sizeof to->section[s]);
        }
        to->ring_size = (int64_t)st_sweep_ring_rows(sweep, c);
        to->signal = place(end, SWEEP_BLOCK, sizeof(float));
        to->state = place(end, 2 * (size_t)asked->order, sizeof(double));
        to->ring = place(end, (size_t)to->ring_size, sizeof(float));
    }
}

static void lay_out_statistics(const st_sweep *sweep, sweep_space *space, size_t *end)
{
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        const st_sweep_statistic *asked = &sweep->statistic[i];
        const st_sweep_rows rows = st_sweep_rows_of(sweep, asked);
        sweep_statistic *to = &space->statistic[i];
        to->kind = asked->kind;
        to->channel = (int)asked->channel;
        to->low = asked->low;
        to->high = asked->high;
        to->detrend = asked->kind == ST_SWEEP_LINE || asked->form == ST_FORM_ENERGY;
        to->points = asked->points;
        to->level = asked->level;
        to->a = place(end, rows.a, sizeof(float));
        to->b = place(end, rows.b, sizeof(float));
        to->c = place(end, rows.c, sizeof(float));
        to->sums = place(end, rows.sums, sizeof(double));
        space->lines += asked->kind == ST_SWEEP_LINE ? sweep_frames_most(asked->points) : 0;
    }
}

static void lay_out(const st_sweep *sweep, sweep_space *space)
{
    size_t *end = &space->task.slab_bytes;
    const bool recovering = sweep->share.recovery_per_s > 0.0;
    space->task.late = place(end, recovering ? (size_t)sweep->delay : 0, sizeof(float));
    space->task.wide = place(end, SWEEP_BLOCK, sizeof(double));
    for (size_t b = 0; b < sweep->n_behind; b++) {
        space->late[b] = place(end, (size_t)sweep->behind[b].delay, sizeof(double));
    }
    lay_out_channels(sweep, space, end);
    lay_out_statistics(sweep, space, end);
}

/* ---- arrays ------------------------------------------------------------------------------------- */

template <class T>
static st_status take(st_context *ctx, sweep_space *space, bool pinned, size_t count, T **out)
{
    void *block;
    *out = NULL;
    ST_TRY(cuda_allocate(ctx, pinned, count > 0 ? count * sizeof(T) : 1, &block));
    if (pinned) {
        space->pinned_arrays[space->n_pinned_arrays++] = block;
    } else {
        space->device_arrays[space->n_device_arrays++] = block;
    }
    *out = (T *)block;
    return ST_OK;
}

/* Out of pageable memory, which is read before this returns. */
template <class T>
static st_status take_copy(st_context *ctx, st_exec *exec, sweep_space *space, const T *from,
                           size_t count, const T **out)
{
    T *to;
    ST_TRY(take(ctx, space, false, count, &to));
    *out = to;
    if (count > 0) {
        ST_CUDA_TRY(
            ctx, exec,
            cudaMemcpyAsync(to, from, count * sizeof(T), cudaMemcpyHostToDevice, exec->compute));
    }
    return ST_OK;
}

/* The tables of the frames stand in one arena, which goes to the device as it is. */
static st_status take_tables(st_context *ctx, st_exec *exec, const st_sweep *sweep,
                             sweep_space *space)
{
    st_sweep_tables *tables;
    const unsigned char *device;
    ST_TRY(
        st_arena_open(ctx, st_sweep_tables_bytes(sweep), "the tables of a sweep", &space->tables));
    ST_TRY(st_sweep_tables_make(ctx, sweep, &space->tables, &tables));
    const unsigned char *host = (const unsigned char *)space->tables.base;
    ST_TRY(take_copy(ctx, exec, space, host, space->tables.used, &device));
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        if (tables[i].window != NULL) {
            const ptrdiff_t window = (unsigned char *)tables[i].window - host;
            const ptrdiff_t half = (unsigned char *)tables[i].half - host;
            const ptrdiff_t whole = (unsigned char *)tables[i].whole - host;
            space->statistic[i].tables.window = (float *)(device + window);
            space->statistic[i].tables.half = (st_c32 *)(device + half);
            space->statistic[i].tables.whole = (st_c32 *)(device + whole);
        }
    }
    return ST_OK;
}

static size_t candidate_bytes(const st_sweep *sweep, const sweep_space *space)
{
    return space->task.slab_bytes / SWEEP_LANES + 2 * sizeof(st_sweep_battery) +
           sweep->n_behind * sizeof(sweep_behind) + sweep->n_channels * 2 * sizeof(double) +
           sweep->n_statistics * sizeof(sweep_tally) + space->lines * sizeof(sweep_line);
}

/* As many groups as have room, one at least. */
static st_status choose_lanes(st_context *ctx, st_exec *exec, const st_sweep *sweep, size_t most,
                              sweep_space *space)
{
    size_t free_bytes = 0, total_bytes = 0;
    ST_CUDA_TRY(ctx, exec, cudaMemGetInfo(&free_bytes, &total_bytes));
    const double fit =
        memory_share * (double)free_bytes / (double)candidate_bytes(sweep, space) / SWEEP_LANES;
    const size_t groups = fit < 1.0 ? 1 : fit < (double)most ? (size_t)fit : most;
    space->lanes = groups * SWEEP_LANES < most ? groups * SWEEP_LANES : most;
    return ST_OK;
}

static st_status take_lanes(st_context *ctx, const st_sweep *sweep, sweep_space *space)
{
    sweep_task *task = &space->task;
    const size_t lanes = space->lanes;
    ST_TRY(take(ctx, space, false, lanes / SWEEP_LANES * task->slab_bytes, &task->slabs));
    ST_TRY(take(ctx, space, false, lanes, &task->battery));
    ST_TRY(take(ctx, space, false, lanes, &space->start));
    ST_TRY(take(ctx, space, false, lanes * sweep->n_behind, &task->behind_state));
    ST_TRY(take(ctx, space, false, lanes * sweep->n_channels * 2, &task->filter_held));
    ST_TRY(take(ctx, space, false, lanes * sweep->n_statistics, &task->tally));
    ST_TRY(take(ctx, space, false, lanes * space->lines, &space->line));
    ST_TRY(take(ctx, space, true, lanes * space->lines, &space->host_line));
    return ST_OK;
}

/* Two sets of rows: one is filled while the other is worked on. */
static st_status take_rows(st_context *ctx, st_exec *exec, const st_sweep *sweep,
                           sweep_space *space)
{
    space->row_bytes = SWEEP_READ * (2 * sizeof(float) + sweep->n_statistics * sizeof(double));
    for (int slot = 0; slot < 2; slot++) {
        ST_TRY(take(ctx, space, false, space->row_bytes, &space->rows[slot]));
        ST_TRY(take(ctx, space, true, space->row_bytes, &space->host_rows[slot]));
        ST_CUDA_TRY(ctx, exec,
                    cudaEventCreateWithFlags(&space->read[slot], cudaEventDisableTiming));
    }
    return ST_OK;
}

/* Descriptions on the host; the device gets its copy when all pointers are known. */
static st_status take_descriptions(st_context *ctx, const st_sweep *sweep, sweep_space *space)
{
    void *block;
    ST_TRY(st_alloc(ctx, sweep->n_channels, sizeof(sweep_channel), "channels", &block));
    space->channel = (sweep_channel *)block;
    ST_TRY(st_alloc(ctx, sweep->n_statistics + 1, sizeof(sweep_statistic), "statistics", &block));
    space->statistic = (sweep_statistic *)block;
    ST_TRY(st_alloc(ctx, sweep->n_behind + 1, sizeof(size_t), "stages behind", &block));
    space->late = (size_t *)block;
    return ST_OK;
}

st_status cuda_sweep_take(st_context *ctx, st_exec *exec, const st_sweep *sweep, size_t most,
                          sweep_space *space)
{
    sweep_task *task = &space->task;
    ST_TRY(take_descriptions(ctx, sweep, space));
    lay_out(sweep, space);
    ST_TRY(take_tables(ctx, exec, sweep, space));
    ST_TRY(take_rows(ctx, exec, sweep, space));
    ST_TRY(choose_lanes(ctx, exec, sweep, most, space));
    ST_TRY(take_lanes(ctx, sweep, space));
    size_t line = 0;
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        space->statistic[i].line = space->line + line * space->lanes;
        line += space->statistic[i].kind == ST_SWEEP_LINE
                    ? sweep_frames_most(space->statistic[i].points)
                    : 0;
    }
    task->share = sweep->share;
    task->delay = sweep->delay;
    task->n_behind = (int)sweep->n_behind;
    task->n_channels = (int)sweep->n_channels;
    task->n_statistics = (int)sweep->n_statistics;
    ST_TRY(take_copy(ctx, exec, space, space->channel, sweep->n_channels, &task->channel));
    ST_TRY(take_copy(ctx, exec, space, space->statistic, sweep->n_statistics, &task->statistic));
    ST_TRY(take_copy(ctx, exec, space, sweep->behind, sweep->n_behind, &task->behind));
    ST_TRY(take_copy(ctx, exec, space, space->late, sweep->n_behind, &task->behind_late));
    ST_CUDA_TRY(ctx, exec, cudaStreamSynchronize(exec->compute));
    return ST_OK;
}

void cuda_sweep_free(sweep_space *space)
{
    for (int i = 0; i < space->n_device_arrays; i++) {
        (void)cudaFree(space->device_arrays[i]);
    }
    for (int i = 0; i < space->n_pinned_arrays; i++) {
        (void)cudaFreeHost(space->pinned_arrays[i]);
    }
    for (cudaEvent_t event : space->read) {
        if (event != NULL) {
            (void)cudaEventDestroy(event);
        }
    }
    st_free(space->channel);
    st_free(space->statistic);
    st_free(space->late);
    st_arena_close(&space->tables);
}
