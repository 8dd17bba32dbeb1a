/* respond.c - respond on the CPU: cuts a convolution into partitions and blocks, transforms the
 * impulse response in float64, and lets threads take runs of blocks. Every block stands for
 * itself, so neither threads nor runs change a bit. */
#include "cpu/exec.h"

#include <omp.h>

/* Outputs beyond this go past the caches: they would drive out what the next blocks need, and memory
 * would be read only to be overwritten. */
static const size_t stream_bytes = (size_t)16 << 20;

/* Work space of all threads, spectra, and what the float64 transform needs. It stays with the
 * backend and only ever grows: calls with the same impulse response allocate nothing. */
static st_status take_space(st_context *ctx, st_exec *exec, const cpu_convolve *job,
                            float **spectrum, float **work, st_c64 **transform)
{
    const size_t floats = convolve_work(job->cut.parts) * (size_t)exec->threads;
    const size_t spectra = (size_t)job->cut.parts * CONVOLVE_SPECTRUM;
    const size_t bytes = st_arena_need(spectra, sizeof(float)) +
                         st_arena_need(floats, sizeof(float)) +
                         st_arena_need(2 * (size_t)CONVOLVE_POINTS, sizeof(st_c64));
    void *block;
    if (bytes > exec->convolve.capacity) {
        st_arena_close(&exec->convolve);
        ST_TRY(st_arena_open(ctx, bytes, "a convolution", &exec->convolve));
    }
    exec->convolve.used = 0;
    ST_TRY(st_arena_take(ctx, &exec->convolve, spectra, sizeof(float), &block));
    *spectrum = block;
    ST_TRY(st_arena_take(ctx, &exec->convolve, floats, sizeof(float), &block));
    *work = block;
    ST_TRY(
        st_arena_take(ctx, &exec->convolve, 2 * (size_t)CONVOLVE_POINTS, sizeof(st_c64), &block));
    *transform = block;
    return ST_OK;
}

/* buffers: [2][CONVOLVE_POINTS]. */
static void transform_response(const cpu_convolve *job, st_c64 *buffers, float *spectrum)
{
    st_c64 *twiddle = buffers, *x = buffers + CONVOLVE_POINTS;
    st_fft_twiddle_f64(twiddle, CONVOLVE_POINTS);
    for (int p = 0; p < job->cut.parts; p++) {
        st_convolve_response(&job->cut, job->task->h, job->task->taps, p, twiddle, x);
        convolve_order_spectrum(x, spectrum + (size_t)p * CONVOLVE_SPECTRUM);
    }
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
    float *spectrum, *work;
    st_c64 *transform;
    if (convolution->taps == 0) {
        return st_fail(ctx, ST_INTERNAL, "an impulse response has no taps");
    }
    job.cut = st_convolve_cut_of(convolution->taps);
    job.stream = convolution->n > stream_bytes / sizeof(float) / (convolution->rows + 1);
    ST_TRY(take_space(ctx, exec, &job, &spectrum, &work, &transform));
    transform_response(&job, transform, spectrum);
    job.spectrum = spectrum;

    const size_t pairs = (convolution->rows + 1) / 2, step = (size_t)job.cut.step;
    const size_t blocks = (convolution->n + step - 1) / step;
    const size_t run = run_length(&job, blocks, pairs, (size_t)exec->threads);
    const size_t runs = (blocks + run - 1) / run;
    const int64_t tasks = (int64_t)(runs * pairs);
#pragma omp parallel for schedule(dynamic, 1) num_threads(exec->threads)
    for (int64_t t = 0; t < tasks; t++) {
        const size_t pair = (size_t)t / runs, first = (size_t)t % runs * run;
        exec->loops->convolve(&job, pair, first, first + run < blocks ? first + run : blocks,
                              work + convolve_work(job.cut.parts) * (size_t)omp_get_thread_num());
    }
    return ST_OK;
}
