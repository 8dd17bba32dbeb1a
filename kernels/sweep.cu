/* sweep.cu - the sweep on the device: a thread carries one candidate through the load, and what the
 * rules ask for is found on the way. A launch is so many samples of one batch; its rows come in
 * through two slots, and a block of threads stages them in shared memory. Where a step of the host
 * ends a statistic it is that of the CPU: both backends agree in every bit. */
#include "sweep_lane.cuh"
#include "sweep_statistic.cuh"

#include <string.h>

/* ---- kernels ------------------------------------------------------------------------------------ */

/* Before the first sample; the slab is all zeros. A stage behind that has primed has seen its level
 * for ever. */
__global__ void __launch_bounds__(SWEEP_THREADS)
    sweep_start_kernel(GPU_ARGUMENT sweep_task task, const st_sweep_battery *start)
{
    const size_t index = (size_t)blockIdx.x * SWEEP_THREADS + threadIdx.x;
    if (index >= task.lanes) {
        return;
    }
    const sweep_lane lane(task, index);
    task.battery[index] = start[index];
    for (int i = 0; i < task.n_behind; i++) {
        sweep_behind *b = &task.behind_state[(size_t)i * task.lanes + index];
        const double level = b->primed > 0 ? b->first + b->sum / (double)b->primed : b->first;
        b->state = st_storage_rest(level);
        b->held = b->first;
        b->late_at = 0;
    }
    for (int c = 0; c < task.n_channels; c++) {
        float *ring = lane.floats(task.channel[c].ring);
        task.filter_held[(size_t)(2 * c) * task.lanes + index] = NAN;
        task.filter_held[(size_t)(2 * c + 1) * task.lanes + index] = 0.0;
        for (int64_t i = 0; i < task.channel[c].ring_size; i++) {
            ring[i * SWEEP_LANES] = NAN;
        }
    }
    for (int i = 0; i < task.n_statistics; i++) {
        sweep_start_tally(lane, task.statistic[i], task.tally[(size_t)i * task.lanes + index]);
    }
}

/* Channels and statistics of one candidate, for the block at `from` of the launch. */
static __device__ __forceinline__ void sweep_judge(const sweep_lane &lane, const float *load,
                                                   int from, int n)
{
    const sweep_task &task = *lane.task;
    for (int c = 0; c < task.n_channels; c++) {
        const sweep_channel &channel = task.channel[c];
        if (channel.order > 0) {
            sweep_filter(lane, c, load, n);
        }
        if (channel.ring_size > 0) {
            const float *x = lane.floats(channel.signal);
            float *ring = lane.floats(channel.ring) +
                          sweep_ring_at(channel, task.block + from / SWEEP_BLOCK) * SWEEP_LANES;
            for (int i = 0; i < n; i++) {
                ring[i * SWEEP_LANES] = x[i * SWEEP_LANES];
            }
        }
    }
    for (int i = 0; i < task.n_statistics; i++) {
        sweep_tally &tally = task.tally[(size_t)i * task.lanes + lane.index];
        tally.frames = from == 0 ? 0 : tally.frames;
        sweep_look(lane, task.statistic[i], load, from, n, tally);
    }
}

/* One block of a candidate: all of it, or as far as the stage that primes. */
static __device__ __forceinline__ void sweep_carry(const sweep_task &task, size_t index,
                                                   const float *load, const float *excess, int from,
                                                   int n)
{
    const sweep_lane lane(task, index);
    const int behind = task.prime < 0 ? task.n_behind : task.prime;
    sweep_step(lane, load, excess, from, n);
    for (int b = 0; b < behind; b++) {
        sweep_follow(lane, b, load, n);
    }
    if (task.prime < 0) {
        sweep_judge(lane, load, from, n);
    } else {
        sweep_prime(lane, task.prime, load, n);
    }
}

__global__ void __launch_bounds__(SWEEP_THREADS) sweep_carry_kernel(GPU_ARGUMENT sweep_task task)
{
    GPU_SHARED(float, load, [SWEEP_BLOCK]);
    GPU_SHARED(float, excess, [SWEEP_BLOCK]);
    const size_t index = (size_t)blockIdx.x * SWEEP_THREADS + threadIdx.x;
    for (int from = 0; from < task.n; from += SWEEP_BLOCK) {
        const int n = task.n - from < SWEEP_BLOCK ? task.n - from : (int)SWEEP_BLOCK;
        __syncthreads();
        for (int i = threadIdx.x; i < n; i += SWEEP_THREADS) {
            load[i] = task.load[from + i];
            excess[i] = task.excess[from + i];
        }
        __syncthreads();
        if (index < task.lanes) {
            sweep_carry(task, index, load, excess, from, n);
        }
    }
}

/* ---- host: a launch ------------------------------------------------------------------------------- */

static unsigned blocks_of(const sweep_task *task)
{
    return (unsigned)((task->lanes + SWEEP_THREADS - 1) / SWEEP_THREADS);
}

/* Without recovery a command is the clamped excess, so that the dead time may come before the clamp:
 * it is in the reading. */
static st_status read_excess(const sweep_run *run, int64_t from, size_t n, float *excess)
{
    const st_sweep *sweep = run->sweep;
    const size_t control = sweep->candidate[run->first].control;
    const int64_t shift = sweep->share.recovery_per_s > 0.0 ? 0 : sweep->delay;
    size_t early = 0; /* samples before the record: the battery has been idle */
    if (from < shift) {
        early = shift - from < (int64_t)n ? (size_t)(shift - from) : n;
    }
    memset(excess, 0, early * sizeof *excess);
    return st_scratch_read(run->ctx, sweep->scratch,
                           sweep->excess_offset[control] +
                               (uint64_t)(from + (int64_t)early - shift) * sizeof *excess,
                           excess + early, (n - early) * sizeof *excess);
}

static st_status read_rows(const sweep_run *run, int64_t from, size_t n, unsigned char *rows)
{
    const st_sweep *sweep = run->sweep;
    float *load = (float *)rows, *excess = load + SWEEP_READ;
    double *weight = (double *)(excess + SWEEP_READ);
    ST_TRY(st_scratch_read(run->ctx, sweep->scratch,
                           sweep->load_offset + (uint64_t)from * sizeof(float), load,
                           n * sizeof(float)));
    for (size_t i = 0; i < sweep->n_statistics; i++) {
        if (sweep->statistic[i].kind == ST_SWEEP_AMPLITUDE) {
            ST_TRY(
                st_scratch_read(run->ctx, sweep->scratch,
                                sweep->statistic[i].weight_offset + (uint64_t)from * sizeof(double),
                                weight + i * SWEEP_READ, n * sizeof(double)));
        }
    }
    return read_excess(run, from, n, excess);
}

/* Queues samples [from, from + n). */
static st_status launch(sweep_run *run, int64_t from, size_t n, int prime)
{
    sweep_space *s = &run->space;
    st_exec *exec = run->exec;
    const int slot = (int)(run->launches++ % 2);
    if (run->launches > 2) {
        ST_CUDA_TRY(run->ctx, exec, cudaEventSynchronize(s->read[slot]));
    }
    ST_TRY(read_rows(run, from, n, s->host_rows[slot]));
    ST_CUDA_TRY(run->ctx, exec,
                cudaMemcpyAsync(s->rows[slot], s->host_rows[slot], s->row_bytes,
                                cudaMemcpyHostToDevice, exec->compute));
    s->task.load = (const float *)s->rows[slot];
    s->task.excess = s->task.load + SWEEP_READ;
    s->task.weight = (const double *)(s->task.excess + SWEEP_READ);
    s->task.block = (uint32_t)(from / SWEEP_BLOCK);
    s->task.late_at = s->task.delay > 0 ? (uint32_t)(from % s->task.delay) : 0;
    s->task.n = (int)n;
    s->task.prime = prime;
    ST_CUDA_TRY(run->ctx, exec,
                gpu_launch(sweep_carry_kernel, dim3(blocks_of(&s->task)), SWEEP_THREADS, 0,
                           exec->compute, s->task));
    ST_CUDA_TRY(run->ctx, exec, cudaEventRecord(s->read[slot], exec->compute));
    return ST_OK;
}

/* ---- host: a batch ---------------------------------------------------------------------------------- */

static st_status start_batch(sweep_run *run)
{
    sweep_space *s = &run->space;
    cudaStream_t stream = run->exec->compute;
    ST_CUDA_TRY(run->ctx, run->exec,
                cudaMemsetAsync(s->task.slabs, 0, s->task.lanes / SWEEP_LANES * s->task.slab_bytes,
                                stream));
    ST_CUDA_TRY(run->ctx, run->exec,
                gpu_launch(sweep_start_kernel, dim3(blocks_of(&s->task)), SWEEP_THREADS, 0, stream,
                           s->task, s->start));
    return ST_OK;
}

/* What comes out of the stages before it over the first samples is what a stage primes on. */
static st_status prime_batch(sweep_run *run)
{
    const size_t bytes = run->sweep->n_behind * run->space.task.lanes * sizeof(sweep_behind);
    ST_CUDA_TRY(run->ctx, run->exec,
                cudaMemsetAsync(run->space.task.behind_state, 0, bytes, run->exec->compute));
    for (size_t b = 0; b < run->sweep->n_behind; b++) {
        const int64_t end = run->sweep->behind[b].prime_end;
        ST_TRY(start_batch(run));
        for (int64_t from = 0; from < end; from += SWEEP_READ) {
            const int64_t left = end - from;
            const size_t n = (size_t)(left < SWEEP_READ ? left : (int64_t)SWEEP_READ);
            ST_TRY(launch(run, from, n, (int)b));
        }
    }
    return ST_OK;
}

static st_status carry_batch(sweep_run *run)
{
    const st_sweep *sweep = run->sweep;
    /* a watcher sees a block at a time: no more of a draw is kept */
    const int64_t step = run->watch != NULL ? (int64_t)SWEEP_BLOCK : (int64_t)SWEEP_READ;
    const double all = (double)sweep->all * (double)sweep->samples;
    for (int64_t from = 0; from < sweep->samples; from += step) {
        const int64_t left = sweep->samples - from;
        const size_t n = (size_t)(left < step ? left : step);
        const double done = (double)(sweep->before + run->first) * (double)sweep->samples +
                            (double)from * (double)run->space.task.lanes;
        ST_TRY(st_progress(run->ctx, "size", done, all, "samples"));
        ST_TRY(launch(run, from, n, -1));
        ST_TRY(cuda_sweep_take_lines(run, from, n));
        ST_TRY(cuda_sweep_feed(run, n));
    }
    return ST_OK;
}

static st_status upload_batch(sweep_run *run)
{
    const st_sweep *sweep = run->sweep;
    const size_t lanes = run->space.task.lanes;
    for (size_t i = 0; i < sweep->n_statistics * run->space.lanes; i++) {
        run->lines[i] = -INFINITY;
    }
    for (size_t l = 0; l < lanes; l++) {
        const st_sweep_candidate *c = &sweep->candidate[run->first + l];
        run->start[l].power = c->power;
        run->start[l].b0 = c->b0;
        run->start[l].b1 = c->b1;
        run->start[l].floor = c->floor;
        run->start[l].ceiling = c->ceiling;
    }
    ST_CUDA_TRY(run->ctx, run->exec,
                cudaMemcpyAsync(run->space.start, run->start, lanes * sizeof *run->start,
                                cudaMemcpyHostToDevice, run->exec->compute));
    ST_CUDA_TRY(run->ctx, run->exec, cudaStreamSynchronize(run->exec->compute));
    return ST_OK;
}

static st_status run_batch(sweep_run *run, double *worst)
{
    const st_sweep_watcher *watcher = run->sweep->watcher;
    const size_t groups = watcher != NULL ? run->space.task.lanes / SWEEP_LANES : 0;
    st_status status = ST_OK;
    size_t opened = 0;
    ST_TRY(upload_batch(run));
    for (; opened < groups && status == ST_OK; opened++) {
        run->watch[opened] = NULL;
        status = watcher->open(watcher->user, run->ctx, run->first / SWEEP_LANES + opened,
                               &run->watch[opened]);
    }
    ST_GOTO(status, status);
    ST_GOTO(status, prime_batch(run));
    ST_GOTO(status, start_batch(run));
    ST_GOTO(status, carry_batch(run));
    ST_GOTO(status, cuda_sweep_finish(run, worst));
done:
    for (size_t g = 0; g < opened; g++) {
        watcher->close(run->watch[g], status != ST_OK);
    }
    return status;
}

/* Candidates from `first` on that have its control: they read the same rows. */
static size_t same_control(const st_sweep *sweep, size_t first, size_t most)
{
    size_t n = SWEEP_LANES;
    while (n < most && first + n < sweep->n_candidates &&
           sweep->candidate[first + n].control == sweep->candidate[first].control) {
        n += SWEEP_LANES;
    }
    return n;
}

static st_status run_batches(sweep_run *run, double *worst)
{
    const st_sweep *sweep = run->sweep;
    size_t most = sweep->n_candidates;
    if (sweep->watcher != NULL && most > WATCHED_LANES) {
        most = WATCHED_LANES;
    }
    ST_TRY(cuda_sweep_take(run->ctx, run->exec, sweep, most, &run->space));
    ST_TRY(cuda_sweep_take_host(run));
    while (run->first < sweep->n_candidates) {
        run->space.task.lanes = same_control(sweep, run->first, run->space.lanes);
        ST_TRY(run_batch(run, worst));
        run->first += run->space.task.lanes;
    }
    return ST_OK;
}

st_status cuda_sweep(st_context *ctx, st_exec *exec, const st_sweep *sweep, double *worst)
{
    void *block;
    if (exec->dead) {
        return st_fail(ctx, ST_DEVICE, "CUDA: the device has failed before");
    }
    if (sweep->n_candidates == 0) {
        return ST_OK;
    }
    ST_TRY(st_alloc(ctx, 1, sizeof(sweep_run), "a sweep", &block));
    sweep_run *run = (sweep_run *)block;
    run->ctx = ctx;
    run->exec = exec;
    run->sweep = sweep;
    const st_status status = run_batches(run, worst);
    (void)cudaStreamSynchronize(exec->compute); /* a launch may still use what is freed */
    cuda_sweep_free(&run->space);
    st_arena_close(&run->arena);
    st_free(run);
    return status;
}
