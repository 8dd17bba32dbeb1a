/* rack_storage.c - figure `storage`, at the racks: every rack of a recording in memory through a
 * shelf, with its accounts (charge, clipping, cycles, wear), and the sum of what the racks of a leaf
 * draw behind it. Like welch.c it looks into the CPU backend: a part of a stage has no other name. */
#include <math.h>
#include <omp.h>

#include "core/memory.h"
#include "cpu/exec.h"
#include "formula/wear.h"
#include "part.h"

static const double tolerance = 1e-9; /* of the largest draw */
static const bench_battery shelf = {.dt_s = 1e-9 * BENCH_PERIOD_NS,
                                    .tau_s = 2.0,
                                    .response_s = 0.002,
                                    .power_w = 36e3,
                                    .floor_j = -40e3,
                                    .ceiling_j = 40e3,
                                    .efficiency = 0.975};

typedef struct rack_storage {
    const bench_data *data;
    st_plan *plan;
    st_exec *exec;
    double *seen_w; /* [leaves][samples] */
    int threads;
} rack_storage;

static st_status run_ours(bench *b, void *state)
{
    const rack_storage *s = state;
    const size_t samples = s->data->samples, tile = (size_t)s->plan->tile_samples;
    (void)b;
#pragma omp parallel for schedule(dynamic, 1) num_threads(s->threads)
    for (size_t leaf = 0; leaf < s->plan->leaves; leaf++) {
        cpu_rack_block *block = s->exec->work[omp_get_thread_num()].rack_block;
        const float *x = s->data->power_w + leaf * ST_LEAF_RACKS * samples;
        for (size_t at = 0; at < samples; at += tile) {
            s->exec->loops->rack_stages(s->exec, block, leaf, x + at, samples,
                                        samples - at < tile ? samples - at : tile,
                                        s->seen_w + leaf * samples + at);
        }
    }
    return ST_OK;
}

/* The last leaf, rack by rack. work: [3][samples]. */
static st_status check(bench *b, const rack_storage *s, double *work)
{
    const size_t n = s->data->samples, first = s->plan->racks - ST_LEAF_RACKS;
    double *const load_w = work, *const draw_w = work + n, *const sum_w = work + 2 * n;
    for (size_t r = first; r < s->plan->racks; r++) {
        for (size_t i = 0; i < n; i++) {
            load_w[i] = s->data->power_w[r * n + i];
        }
        bench_reference_storage(&shelf, load_w, n, draw_w);
        for (size_t i = 0; i < n; i++) {
            sum_w[i] = (r > first ? sum_w[i] : 0.0) + draw_w[i];
        }
    }
    const double worst = bench_worst(s->seen_w + (s->plan->leaves - 1) * n, sum_w, n);
    return worst <= tolerance
               ? ST_OK
               : st_fail(b->ctx, ST_INTERNAL,
                         "storage.racks: off by %.2g of the largest draw; allowed: %g", worst,
                         tolerance);
}

static st_status compare(bench *b, rack_storage *s, double *work)
{
    const double samples = (double)(s->data->racks * s->data->samples);
    rack_storage one = *s;
    one.threads = 1;
    ST_TRY(run_ours(b, s));
    ST_TRY(check(b, s, work));
    bench_job jobs[] = {{.work = run_ours, .state = s}, {.work = run_ours, .state = &one}};
    ST_TRY(bench_measure(b, jobs, 2));
    const double bytes_per_s = samples * sizeof(float) / jobs[0].time.best_s;
    bench_report(b,
                 &(bench_row){.figure = "storage.racks",
                              .samples = samples,
                              .time = jobs[0].time,
                              .reference = "stream.read",
                              .ratio = b->read_bytes_per_s > 0.0 ? bytes_per_s / b->read_bytes_per_s
                                                                 : (double)NAN,
                              .target = 0.9,
                              .note = "rack-major, float64 stepping, cycles and wear counted"});
    bench_report(b, &(bench_row){.figure = "storage.threads",
                                 .samples = samples,
                                 .time = jobs[0].time,
                                 .reference = "the same on 1 thread",
                                 .ratio = b->threads > 1 ? jobs[1].time.best_s / jobs[0].time.best_s
                                                         : (double)NAN,
                                 .target = b->threads == 2 ? 1.9 : (double)NAN});
    return ST_OK;
}

/* Every rack starts at its first sample, as the reference does. starts: [racks]. */
static st_rack_stage make_stage(const bench_data *data, double *starts, double *calendar)
{
    for (size_t r = 0; r < data->racks; r++) {
        starts[r] = data->power_w[r * data->samples];
    }
    for (int i = 0; i < ST_CALENDAR_POINTS; i++) {
        calendar[i] = st_wear_calendar((double)i / (ST_CALENDAR_POINTS - 1), 298.15);
    }
    return (st_rack_stage){
        .kind = ST_RACK_STORAGE,
        .storage = {.smooth = st_lag_of(shelf.dt_s, shelf.tau_s),
                    .response = st_lag_of(shelf.dt_s, shelf.response_s),
                    .charge_w = shelf.power_w,
                    .discharge_w = shelf.power_w,
                    .exchange = st_exchange_of(shelf.dt_s, shelf.efficiency, shelf.efficiency),
                    .floor_j = shelf.floor_j,
                    .ceiling_j = shelf.ceiling_j},
        .soc_start = 0.5,
        .soc_per_j = 1.0 / (shelf.ceiling_j - shelf.floor_j),
        .soc_high = 1.0};
}

st_status bench_rack_storage(bench *b)
{
    st_status status = ST_OK;
    bench_data data = {0};
    void *work = NULL, *seen = NULL;
    double offset_w[BENCH_RACKS] = {0.0}, starts[BENCH_RACKS], calendar[ST_CALENDAR_POINTS];
    rack_storage s = {.data = &data, .threads = b->threads};
    ST_GOTO(status, bench_data_make(b, BENCH_RACKS, bench_samples(b), &data));
    const st_rack_stage stage = make_stage(&data, starts, calendar);
    const st_rack_storage racks = {1, &stage, starts, starts, calendar};
    ST_GOTO(status, bench_plan(b, &data, offset_w, b->threads, &s.plan));
    s.plan->rack_storage = &racks;
    ST_GOTO(status, bench_alloc(b, 3 * data.samples * sizeof(double), &work));
    ST_GOTO(status, bench_alloc(b, s.plan->leaves * data.samples * sizeof(double), &seen));
    s.seen_w = seen;
    ST_GOTO(status, st_backend_cpu.open(b->ctx, s.plan, &s.exec));
    ST_GOTO(status, compare(b, &s, work));
done:
    st_backend_cpu.close(s.exec);
    bench_free(seen);
    bench_free(work);
    st_plan_destroy(s.plan);
    bench_free(data.power_w);
    return status;
}
