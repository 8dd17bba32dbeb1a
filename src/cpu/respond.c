/* respond.c - respond on the CPU: cuts a convolution into partitions and blocks, transforms the
 * impulse response in float64, and lets threads take runs of blocks. Every block stands for
 * itself, so neither threads nor runs change a bit. */
#include "cpu/exec.h"

#include <omp.h>
#include <string.h>

/* Outputs beyond this go past the caches: they would drive out what the next blocks need, and memory
 * would be read only to be overwritten. */
static const size_t stream_bytes = (size_t)16 << 20;

/* Arrays of a convolution. */
typedef struct space {
    float *spectrum, *work;
    double *h;         /* [taps], the response that `spectrum` belongs to */
    st_c64 *transform; /* [2][CONVOLVE_POINTS] */
} space;

/* They stay with the backend and only ever grow: calls with the same impulse response allocate
 * nothing, and find everything where it was. */
static st_status take_space(st_context *ctx, st_exec *exec, const cpu_convolve *job, space *s)
{
    const size_t spectra = (size_t)job->cut.parts * CONVOLVE_SPECTRUM, taps = job->task->taps;
    const size_t floats = convolve_work(job->cut.parts) * (size_t)exec->threads;
    const size_t points = 2 * (size_t)CONVOLVE_POINTS;
    const size_t bytes =
        st_arena_need(spectra, sizeof(float)) + st_arena_need(floats, sizeof(float)) +
        st_arena_need(taps, sizeof(double)) + st_arena_need(points, sizeof(st_c64));
    st_arena *arena = &exec->convolve;
    void *block;
    if (bytes > arena->capacity) {
        st_arena_close(arena);
        ST_TRY(st_arena_open(ctx, bytes, "a convolution", arena));
    }
    arena->used = 0;
    ST_TRY(st_arena_take(ctx, arena, spectra, sizeof(float), &block));
    s->spectrum = block;
    ST_TRY(st_arena_take(ctx, arena, floats, sizeof(float), &block));
    s->work = block;
    ST_TRY(st_arena_take(ctx, arena, taps, sizeof(double), &block));
    s->h = block;
    ST_TRY(st_arena_take(ctx, arena, points, sizeof(st_c64), &block));
    s->transform = block;
    return ST_OK;
}

/* Whether the last call left the spectrum of this response: a series goes through one of them block
 * by block, and its transform would take longer than most blocks. */
static bool is_known(const st_exec *exec, const st_convolution *task)
{
    return exec->convolve_taps == task->taps &&
           memcmp(exec->convolve_h, task->h, task->taps * sizeof *task->h) == 0;
}

static void transform_response(st_exec *exec, const cpu_convolve *job, const space *s)
{
    const st_convolution *task = job->task;
    st_c64 *twiddle = s->transform, *x = s->transform + CONVOLVE_POINTS;
    st_fft_twiddle_f64(twiddle, CONVOLVE_POINTS);
    for (int p = 0; p < job->cut.parts; p++) {
        st_convolve_response(&job->cut, task->h, task->taps, p, twiddle, x);
        convolve_order_spectrum(x, s->spectrum + (size_t)p * CONVOLVE_SPECTRUM);
    }
    memcpy(s->h, task->h, task->taps * sizeof *s->h);
    exec->convolve_h = s->h;
    exec->convolve_taps = task->taps;
}

/* Blocks of a run. One begins with parts - 1 spectra of the past, and with a block whose loading
 * nothing hides; there should be runs enough for all threads. */
static size_t run_length(const cpu_convolve *job, size_t blocks, size_t pairs, size_t threads)
{
    const size_t past = (size_t)job->cut.parts - 1, least = 16 + 4 * past, most = 64 + 4 * past;
    const size_t even = blocks * pairs / (8 * threads);
    return even < least ? least : even < most ? even : most;
}

st_status st_cpu_respond(st_context *ctx, st_exec *exec, const st_convolution *convolution)
{
    cpu_convolve job = {.task = convolution, .table = exec->convolve_table};
    space s;
    if (convolution->taps == 0) {
        return st_fail(ctx, ST_INTERNAL, "an impulse response has no taps");
    }
    job.cut = st_convolve_cut_of(convolution->taps);
    job.stream = convolution->n > stream_bytes / sizeof(float) / (convolution->rows + 1);
    const bool known = is_known(exec, convolution);
    exec->convolve_taps = known ? convolution->taps : 0;
    ST_TRY(take_space(ctx, exec, &job, &s));
    if (!known) {
        transform_response(exec, &job, &s);
    }
    job.spectrum = s.spectrum;

    const size_t pairs = (convolution->rows + 1) / 2, step = (size_t)job.cut.step;
    const size_t blocks = (convolution->n + step - 1) / step;
    const size_t run = run_length(&job, blocks, pairs, (size_t)exec->threads);
    const size_t runs = (blocks + run - 1) / run;
    const int64_t tasks = (int64_t)(runs * pairs);
#pragma omp parallel for schedule(dynamic, 1) num_threads(exec->threads)
    for (int64_t t = 0; t < tasks; t++) {
        const size_t pair = (size_t)t / runs, first = (size_t)t % runs * run;
        exec->loops->convolve(&job, pair, first, first + run < blocks ? first + run : blocks,
                              s.work + convolve_work(job.cut.parts) * (size_t)omp_get_thread_num());
    }
    return ST_OK;
}
