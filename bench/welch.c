/* welch.c - figure `welch`: Welch sums of every rack, N = 1024, half overlapping, detrended.
 * The spectral part of detect alone, against FFTW doing exactly that. It looks into the CPU
 * backend, since no contract has a name for a part of a stage. */
#include <math.h>
#include <omp.h>

#include "core/memory.h"
#include "cpu/exec.h"
#include "fftw.h"
#include "part.h"

/* The loops over frames of each instruction set (cpu/loops.h). */
typedef void frames_loop(st_exec *exec, cpu_work *work, const st_due *due, size_t rack,
                         const float *x, float *features);
frames_loop st_cpu_frames_base;
#if defined(__x86_64__)
frames_loop st_cpu_frames_v3, st_cpu_frames_v4;
#endif

typedef struct spectra {
    const bench_data *data;
    st_plan *plan;
    st_exec *exec;
    int threads;
} spectra;

static frames_loop *loop_of(const st_exec *exec)
{
#if defined(__x86_64__)
    if (exec->loops == &st_cpu_loops_v4) {
        return st_cpu_frames_v4;
    }
    if (exec->loops == &st_cpu_loops_v3) {
        return st_cpu_frames_v3;
    }
#endif
    return st_cpu_frames_base;
}

/* A rack tile by tile, straight from the recording: its hops stand as "no sample is missing". */
static void run_rack(const spectra *s, frames_loop *loop, cpu_work *work, size_t rack)
{
    const st_plan *plan = s->plan;
    for (int64_t first = 0; first < plan->samples; first += plan->tile_samples) {
        const int64_t end = first + plan->tile_samples;
        const st_due due = {
            .first = first,
            .end = end < plan->samples ? end : plan->samples,
            .frame_first = st_plan_frames_until(plan, first),
            .frame_end = st_plan_frames_until(plan, end < plan->samples ? end : plan->samples)};
        loop(s->exec, work, &due, rack, s->data->power_w + rack * s->data->samples, NULL);
    }
}

static st_status run_ours(bench *b, void *state)
{
    const spectra *s = state;
    frames_loop *const loop = loop_of(s->exec);
    (void)b;
#pragma omp parallel for schedule(dynamic, 4) num_threads(s->threads)
    for (size_t rack = 0; rack < s->plan->racks; rack++) {
        run_rack(s, loop, &s->exec->work[omp_get_thread_num()], rack);
    }
    return ST_OK;
}

/* The spectral sums so far: of the open block, and of those before it. */
static void read_power(const spectra *s, double *power)
{
    const cpu_spectra *fast = &s->exec->fast;
    const size_t bins = (size_t)fast->frames->n / 2 + 1;
    for (size_t i = 0; i < s->plan->racks * bins; i++) {
        const float *partial = fast->partial + i / bins * fast->partial_stride;
        power[i] = fast->power[i] + (double)partial[i % bins];
    }
}

static void report(bench *b, const bench_job *ours, const bench_job *real, const bench_job *pair)
{
    const bench_data *data = ((const spectra *)ours[0].state)->data;
    const double samples = (double)(data->racks * data->samples);
    const bool found = real != NULL;
    const bool paired = found && pair->time.best_s < real->time.best_s;
    const bench_time best = !found ? (bench_time){0} : paired ? pair->time : real->time;
    bench_report(b, &(bench_row){.figure = "welch",
                                 .samples = samples,
                                 .time = ours[0].time,
                                 .reference = !found   ? "FFTW was not found"
                                              : paired ? "FFTW, two frames as one complex"
                                                       : "FFTW, r2c",
                                 .cpu_ratio = found ? best.cpu_s / ours[0].time.cpu_s : 0.0,
                                 .ratio = found ? best.best_s / ours[0].time.best_s : (double)NAN,
                                 .target = 2.5});
    bench_report(b, &(bench_row){.figure = "welch.threads",
                                 .samples = samples,
                                 .time = ours[0].time,
                                 .reference = "the same on 1 thread",
                                 .ratio = b->threads > 1 ? ours[1].time.best_s / ours[0].time.best_s
                                                         : (double)NAN,
                                 .target = b->threads == 2 ? 1.9 : (double)NAN});
    for (int form = 0; found && form < 2; form++) {
        bench_report(b, &(bench_row){.figure = form == 0 ? "welch.fftw_r2c" : "welch.fftw_pair",
                                     .samples = samples,
                                     .time = form == 0 ? real->time : pair->time,
                                     .reference = "nothing; `welch` refers to the faster",
                                     .ratio = (double)NAN,
                                     .target = (double)NAN});
    }
}

static st_status compare(bench *b, spectra *s, double *power)
{
    spectra one = *s;
    one.threads = 1;
    bench_fftw *fftw;
    const int n = s->plan->fast.n;
    ST_TRY(run_ours(b, s));
    read_power(s, power);
    ST_TRY(bench_check_power(b, "welch", s->data, n, power));
    ST_TRY(bench_fftw_open(b, n, &fftw));

    st_status status = ST_OK;
    bench_fftw_welch welch = {fftw, s->data, s->plan->fast.window, power};
    bench_job jobs[] = {{.work = run_ours, .state = s},
                        {.work = run_ours, .state = &one},
                        {.work = bench_fftw_real, .state = &welch},
                        {.work = bench_fftw_pair, .state = &welch}};
    for (int form = 2; fftw != NULL && form < 4; form++) {
        ST_GOTO(status, jobs[form].work(b, &welch));
        ST_GOTO(status, bench_check_power(b, "welch by FFTW", s->data, n, power));
    }
    ST_GOTO(status, bench_measure(b, jobs, fftw != NULL ? 4 : 2));
    report(b, jobs, fftw != NULL ? &jobs[2] : NULL, fftw != NULL ? &jobs[3] : NULL);
done:
    bench_fftw_close(fftw);
    return status;
}

st_status bench_welch(bench *b)
{
    st_status status = ST_OK;
    bench_data data = {0};
    void *power = NULL;
    double offset_w[BENCH_RACKS] = {0.0};
    spectra s = {.data = &data, .threads = b->threads};
    ST_GOTO(status, bench_data_make(b, BENCH_RACKS, bench_samples(b), &data));
    ST_GOTO(status, bench_plan(b, &data, offset_w, b->threads, &s.plan));
    ST_GOTO(status, st_alloc(b->ctx, data.racks * ((size_t)s.plan->fast.n / 2 + 1), sizeof(double),
                             "spectra", &power));
    ST_GOTO(status, st_backend_cpu.open(b->ctx, s.plan, &s.exec));
    ST_GOTO(status, compare(b, &s, power));
done:
    st_backend_cpu.close(s.exec);
    st_free(power);
    st_plan_destroy(s.plan);
    bench_free(data.power_w);
    return status;
}
