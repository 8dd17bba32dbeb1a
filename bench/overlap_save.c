/* overlap_save.c - figure `overlap_save`: every rack through an impulse response of 1,025 taps. */
#include <math.h>

#include "fftw.h"
#include "part.h"

enum { TAPS = 1025, POINTS = 8192, CHECKED = 400 };
static const double tolerance = 1e-5; /* of the largest output */

typedef struct filter {
    st_exec *exec;
    st_convolution task;
} filter;

static st_status run_ours(bench *b, void *state)
{
    filter *f = state;
    return st_backend_cpu.respond(b->ctx, f->exec, &f->task);
}

/* Outputs here and there against the sum that they stand for. */
static st_status check(bench *b, const char *who, const st_convolution *t)
{
    double worst = 0.0, largest = 0.0;
    for (size_t c = 0; c < CHECKED; c++) {
        const size_t row = c * 7 % t->rows, at = c * (t->n - 1) / (CHECKED - 1);
        double sum = 0.0;
        for (size_t k = 0; k < t->taps; k++) {
            sum += t->h[k] * (double)t->x[row * t->x_stride + t->taps - 1 + at - k];
        }
        const double off = fabs((double)t->y[row * t->y_stride + at] - sum);
        largest = fmax(largest, fabs(sum));
        worst = off <= worst ? worst : off;
    }
    return worst <= tolerance * largest
               ? ST_OK
               : st_fail(b->ctx, ST_INTERNAL, "%s: off by %.2g of the largest output; allowed: %g",
                         who, worst / largest, tolerance);
}

static st_status compare(bench *b, filter *f)
{
    st_status status = ST_OK;
    const st_convolution *t = &f->task;
    bench_fftw *fftw;
    ST_TRY(run_ours(b, f));
    ST_TRY(check(b, "overlap_save", t));
    ST_TRY(bench_fftw_open(b, POINTS, &fftw));
    bench_fftw_filter theirs = {fftw,        t->h,        t->taps, t->rows, t->n,
                                t->x_stride, t->y_stride, t->x,    t->y};
    bench_job jobs[] = {{.work = run_ours, .state = f},
                        {.work = bench_fftw_overlap_save, .state = &theirs}};
    if (fftw != NULL) {
        ST_GOTO(status, bench_fftw_overlap_save(b, &theirs));
        ST_GOTO(status, check(b, "overlap_save by FFTW", t));
    }
    ST_GOTO(status, bench_measure(b, jobs, fftw != NULL ? 2 : 1));
    bench_report(
        b, &(bench_row){.figure = "overlap_save",
                        .samples = (double)(t->rows * t->n),
                        .time = jobs[0].time,
                        .reference = fftw != NULL ? "FFTW, 8,192 points, two racks as one"
                                                  : "FFTW was not found",
                        .cpu_ratio = fftw != NULL ? jobs[1].time.cpu_s / jobs[0].time.cpu_s : 0.0,
                        .ratio =
                            fftw != NULL ? jobs[1].time.best_s / jobs[0].time.best_s : (double)NAN,
                        .target = (double)NAN});
done:
    bench_fftw_close(fftw);
    return status;
}

st_status bench_overlap_save(bench *b)
{
    st_status status = ST_OK;
    bench_data data = {0};
    st_plan *plan = NULL;
    filter f = {0};
    void *y = NULL;
    double offset_w[BENCH_RACKS] = {0.0}, h[TAPS];
    for (int k = 0; k < TAPS; k++) { /* a lag of 205 samples, cut off */
        h[k] = exp(-k / 205.0) / 205.0;
    }
    ST_GOTO(status, bench_data_make(b, BENCH_RACKS, bench_samples(b), &data));
    ST_GOTO(status, bench_alloc(b, data.racks * data.samples * sizeof(float), &y));
    ST_GOTO(status, bench_plan(b, &data, offset_w, b->threads, &plan));
    ST_GOTO(status, st_backend_cpu.open(b->ctx, plan, &f.exec));
    f.task = (st_convolution){.h = h,
                              .taps = TAPS,
                              .rows = data.racks,
                              .x = data.power_w,
                              .x_stride = data.samples,
                              .n = data.samples - (TAPS - 1),
                              .y = y,
                              .y_stride = data.samples};
    ST_GOTO(status, compare(b, &f));
done:
    st_backend_cpu.close(f.exec);
    st_plan_destroy(plan);
    bench_free(y);
    bench_free(data.power_w);
    return status;
}
