/* respond.c - respond on the CPU: cuts a convolution into partitions and blocks, transforms the
 * impulse response in float64, and lets threads take runs of blocks. Every block stands for
 * itself, so neither threads nor runs change a bit. */
#include "cpu/exec.h"

#include <omp.h>

static void cut(const st_convolution *task, cpu_convolve *job)
{
    if (task->taps <= CONVOLVE_POINTS / 2) {
        job->part = task->taps;
        job->parts = 1;
        job->step = CONVOLVE_POINTS - task->taps + 1;
        return;
    }
    job->part = job->step = CONVOLVE_POINTS / 2;
    job->parts = (task->taps + job->part - 1) / job->part;
}

/* Work space of all threads, spectra, and what the float64 transform needs. It stays with the
 * backend and only ever grows: calls with the same impulse response allocate nothing. */
static st_status take_space(st_context *ctx, st_exec *exec, const cpu_convolve *job,
                            float **spectrum, float **work, st_c64 **transform)
{
    const size_t floats = CONVOLVE_WORK(job->parts) * (size_t)exec->threads;
    const size_t bytes = st_arena_need(2 * job->parts * CONVOLVE_POINTS, sizeof(float)) +
                         st_arena_need(floats, sizeof(float)) +
                         st_arena_need(3 * (size_t)CONVOLVE_POINTS, sizeof(st_c64));
    void *block;
    if (bytes > exec->convolve.capacity) {
        st_arena_close(&exec->convolve);
        ST_TRY(st_arena_open(ctx, bytes, "a convolution", &exec->convolve));
    }
    exec->convolve.used = 0;
    ST_TRY(st_arena_take(ctx, &exec->convolve, 2 * job->parts * CONVOLVE_POINTS, sizeof(float),
                         &block));
    *spectrum = block;
    ST_TRY(st_arena_take(ctx, &exec->convolve, floats, sizeof(float), &block));
    *work = block;
    ST_TRY(
        st_arena_take(ctx, &exec->convolve, 3 * (size_t)CONVOLVE_POINTS, sizeof(st_c64), &block));
    *transform = block;
    return ST_OK;
}

/* buffers: [3][CONVOLVE_POINTS]. */
static void transform_response(const cpu_convolve *job, st_c64 *buffers, float *spectrum)
{
    const int n = CONVOLVE_POINTS;
    st_c64 *twiddle = buffers, *x = buffers + n, *work = buffers + 2 * n;
    st_fft_twiddle_f64(twiddle, n);
    for (size_t p = 0; p < job->parts; p++) {
        const size_t first = p * job->part, left = job->task->taps - first;
        float *re = spectrum + 2 * p * (size_t)n, *im = re + n;
        for (int i = 0; i < n; i++) {
            const bool inside = (size_t)i < job->part && (size_t)i < left;
            x[i] = (st_c64){inside ? job->task->h[first + (size_t)i] / n : 0.0, 0.0};
        }
        st_fft_f64(n, twiddle, x, work);
        for (int k = 0; k < n; k++) {
            re[k] = (float)x[k].re;
            im[k] = (float)x[k].im;
        }
    }
}

st_status st_cpu_respond(st_context *ctx, st_exec *exec, const st_convolution *convolution)
{
    cpu_convolve job = {.task = convolution, .fft = {CONVOLVE_POINTS, exec->convolve_table}};
    float *spectrum, *work;
    st_c64 *transform;
    if (convolution->taps == 0) {
        return st_fail(ctx, ST_INTERNAL, "an impulse response has no taps");
    }
    cut(convolution, &job);
    ST_TRY(take_space(ctx, exec, &job, &spectrum, &work, &transform));
    transform_response(&job, transform, spectrum);
    job.spectrum = spectrum;

    /* A run begins with parts - 1 spectra of the past, so long filters take longer runs. */
    const size_t run = 16 + 4 * (job.parts - 1);
    const size_t blocks = (convolution->n + job.step - 1) / job.step;
    const size_t runs = (blocks + run - 1) / run;
    const int64_t tasks = (int64_t)(runs * ((convolution->rows + 1) / 2));
#pragma omp parallel for schedule(dynamic, 1) num_threads(exec->threads)
    for (int64_t t = 0; t < tasks; t++) {
        const size_t pair = (size_t)t / runs, first = (size_t)t % runs * run;
        exec->loops->convolve(&job, pair, first, first + run < blocks ? first + run : blocks,
                              work + CONVOLVE_WORK(job.parts) * (size_t)omp_get_thread_num());
    }
    return ST_OK;
}
