/* curves.c - figure `curves`: how speed goes with the size of the work. One row for each point; plot.py
 * draws them. Not part of a run of all figures, since nothing is compared: --only curves. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/scratch.h"
#include "detect/pass.h"
#include "part.h"

enum { POINTS_MOST = 12, REPETITIONS = 3, RECYCLED = 1 << 16, HOUR = 3600 * 1000 };

/* One point: what is varied, and the rest as it usually is. */
typedef struct work {
    size_t racks, samples, taps;
    int frame, threads;
} work;

static size_t total(const bench *b)
{
    return b->quick ? (size_t)1 << 22 : (size_t)1 << 25;
}

/* ---- detect ---------------------------------------------------------------------------------- */

typedef struct detect_state {
    const bench_data *data;
    st_plan *plan;
    st_scratch *scratch;
} detect_state;

static st_status run_detect(bench *b, void *state)
{
    const detect_state *s = state;
    st_pass pass = {.backend = &st_backend_cpu,
                    .plan = s->plan,
                    .source = {s->data, bench_source_read},
                    .stage = "detect"};
    const st_status status = st_pass_run(b->ctx, s->scratch, &pass);
    st_pass_close(&pass);
    return status;
}

static st_status make_plan(bench *b, const work *w, const double *offset_w, st_plan **plan)
{
    const st_trace_info info = {.racks = w->racks,
                                .samples = (int64_t)w->samples,
                                .period_ns = BENCH_PERIOD_NS,
                                .rate_hz = 1e9 / BENCH_PERIOD_NS,
                                .offset_w = offset_w};
    st_settings settings;
    st_settings_default(&settings);
    settings.threads = w->threads;
    settings.frame = w->frame;
    return st_plan_create(b->ctx, &info, &settings, plan);
}

/* The scratch file is new for every point: features of all repetitions stay in it. */
static st_status time_detect(bench *b, const work *w, double *samples, bench_time *time)
{
    st_status status = ST_OK;
    bench_data data = {0};
    void *offsets = NULL;
    detect_state s = {.data = &data};
    bench_job job = {.work = run_detect, .state = &s};
    const size_t kept = w->samples < RECYCLED ? w->samples : RECYCLED;
    ST_GOTO(status, bench_data_make(b, w->racks, kept, &data));
    ST_GOTO(status, st_alloc(b->ctx, w->racks, sizeof(double), "offsets", &offsets));
    ST_GOTO(status, make_plan(b, w, offsets, &s.plan));
    ST_GOTO(status, st_scratch_open(b->ctx, b->folder, &s.scratch));
    ST_GOTO(status, bench_measure(b, &job, 1));
    *time = job.time;
    *samples = (double)w->racks * (double)w->samples;
done:
    st_scratch_close(s.scratch);
    st_plan_destroy(s.plan);
    st_free(offsets);
    bench_free(data.power_w);
    return status;
}

/* ---- respond --------------------------------------------------------------------------------- */

typedef struct filter {
    st_exec *exec;
    st_convolution task;
} filter;

static st_status run_filter(bench *b, void *state)
{
    filter *f = state;
    return st_backend_cpu.respond(b->ctx, f->exec, &f->task);
}

static st_status time_filter(bench *b, const work *w, double *samples, bench_time *time)
{
    st_status status = ST_OK;
    bench_data data = {0};
    void *y = NULL, *h = NULL, *offsets = NULL;
    st_plan *plan = NULL;
    filter f = {0};
    bench_job job = {.work = run_filter, .state = &f};
    ST_GOTO(status, bench_data_make(b, w->racks, w->samples, &data));
    ST_GOTO(status, bench_alloc(b, w->racks * w->samples * sizeof(float), &y));
    ST_GOTO(status, st_alloc(b->ctx, w->taps, sizeof(double), "taps", &h));
    ST_GOTO(status, st_alloc(b->ctx, w->racks, sizeof(double), "offsets", &offsets));
    for (size_t k = 0; k < w->taps; k++) {
        ((double *)h)[k] = 5.0 * exp(-5.0 * (double)k / (double)w->taps) / (double)w->taps;
    }
    ST_GOTO(status, make_plan(b, w, offsets, &plan));
    ST_GOTO(status, st_backend_cpu.open(b->ctx, plan, &f.exec));
    f.task = (st_convolution){.h = h,
                              .taps = w->taps,
                              .rows = w->racks,
                              .x = data.power_w,
                              .x_stride = w->samples,
                              .n = w->samples - (w->taps - 1),
                              .y = y,
                              .y_stride = w->samples};
    ST_GOTO(status, bench_measure(b, &job, 1));
    *time = job.time;
    *samples = (double)(f.task.rows * f.task.n);
done:
    st_backend_cpu.close(f.exec);
    st_plan_destroy(plan);
    st_free(offsets);
    st_free(h);
    bench_free(y);
    bench_free(data.power_w);
    return status;
}

/* ---- the curves ------------------------------------------------------------------------------ */

typedef enum axis { RACKS, LENGTH, FRAME, TAPS, THREADS, CANDIDATES, SITE, AXES } axis;

static const struct {
    const char *figure, *note;
    size_t x[POINTS_MOST]; /* 0 ends it */
} curves[AXES] = {
    [RACKS] = {"curve.racks", "detect; racks", {1, 4, 16, 64, 256, 1024, 4096}},
    [LENGTH] = {"curve.length", "detect, 64 racks; minutes", {1, 5, 20, 60, 240}},
    [FRAME] = {"curve.frame",
               "detect, 256 racks; points of a frame",
               {512, 1024, 2048, 4096, 8192}},
    [TAPS] = {"curve.taps", "overlap-save, 64 racks; taps", {16, 64, 256, 1025, 4096, 16384}},
    [THREADS] = {"curve.threads", "detect, 256 racks; threads", {1, 2, 4, 8, 16, 32, 64, 128}},
    [CANDIDATES] = {"curve.candidates", "sweep; batteries", {16, 64, 256, 1024}},
    [SITE] = {"curve.site", "the whole analysis of 131 s; racks", {16, 64, 256, 1024, 2048}},
};

static st_status time_point(bench *b, axis which, size_t x, double *samples, bench_time *time)
{
    work w = {.racks = 256, .frame = 1024, .threads = b->threads};
    switch (which) {
    case RACKS: w.racks = x; break;
    case LENGTH: w.racks = 64; break;
    case FRAME: w.frame = (int)x; break;
    case THREADS: w.threads = (int)x; break;
    case TAPS:
        w.racks = 64;
        w.taps = x;
        break;
    case SITE: return bench_analyze_point(b, x, bench_samples(b) / 2, samples, time);
    case CANDIDATES:
    case AXES: return bench_sweep_point(b, x, samples, time);
    }
    w.samples = which == LENGTH ? x * (HOUR / 60) : total(b) / w.racks;
    return which == TAPS ? time_filter(b, &w, samples, time) : time_detect(b, &w, samples, time);
}

static bool within(const bench *b, axis which, size_t x)
{
    return !(which == THREADS && x > (size_t)b->threads) &&
           !(which == LENGTH && b->quick && x > 20);
}

st_status bench_curves(bench *b)
{
    const int repetitions = b->repetitions;
    st_status status = ST_OK;
    b->repetitions = REPETITIONS;
    for (axis a = 0; a < AXES; a++) {
        for (size_t i = 0; curves[a].x[i] > 0 && within(b, a, curves[a].x[i]); i++) {
            char note[96];
            snprintf(note, sizeof note, "%s: %zu", curves[a].note, curves[a].x[i]);
            bench_row row = {.figure = curves[a].figure,
                             .reference = "nothing; a point of a curve",
                             .ratio = (double)NAN,
                             .target = (double)NAN,
                             .note = note,
                             .x = (double)curves[a].x[i]};
            ST_GOTO(status, time_point(b, a, curves[a].x[i], &row.samples, &row.time));
            bench_report(b, &row);
        }
    }
done:
    b->repetitions = repetitions;
    return status;
}
