/* storage.c - figure `storage`: a site's load through one battery, sample by sample, with its
 * accounts (state of charge, clipping, cycles, wear) and its series, as a run does it. */
#include <math.h>

#include "core/memory.h"
#include "part.h"
#include "respond/stage.h"

static const double tolerance = 1e-9; /* of the largest draw */
static const bench_battery battery = {.dt_s = 1e-9 * BENCH_PERIOD_NS,
                                      .tau_s = 60.0,
                                      .response_s = 0.020,
                                      .power_w = 40e6,
                                      .floor_j = -4e9,
                                      .ceiling_j = 4e9,
                                      .efficiency = 0.96};

typedef struct site_stage {
    st_stage stage;
    st_series load, draw;
} site_stage;

static st_status run_ours(bench *b, void *state)
{
    const site_stage *s = state;
    const st_stage_task task = {.stage = &s->stage,
                                .model = ST_MODEL_CONSTRAINED,
                                .period_ns = BENCH_PERIOD_NS,
                                .prime_tau_s = 0.0,
                                .temperature_k = 298.15};
    st_stage_record record;
    return st_respond_stage(b->ctx, &task, &s->load, &s->draw, &record);
}

/* 1,000 racks in step: 110 MW and 60 MW by turns. */
static void make_load(double *load_w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        load_w[i] = 1000.0 * (double)bench_power_w(0, i);
    }
}

/* values: [3][n], load, draw, draw expected. */
static st_status check(bench *b, const site_stage *s, double *values)
{
    const size_t n = (size_t)s->load.samples;
    double *const draw_w = values + n, *const expected_w = values + 2 * n;
    ST_TRY(st_series_read(b->ctx, &s->draw, 0, n, draw_w));
    bench_reference_storage(&battery, values, n, expected_w);
    const double worst = bench_worst(draw_w, expected_w, n);
    return worst <= tolerance
               ? ST_OK
               : st_fail(b->ctx, ST_INTERNAL,
                         "storage: off by %.2g of the largest draw; allowed: %g", worst, tolerance);
}

static st_status compare(bench *b, site_stage *s, st_scratch *scratch, double *values)
{
    const size_t n = (size_t)s->load.samples;
    make_load(values, n);
    ST_TRY(st_series_reserve(b->ctx, scratch, s->load.samples, &s->load));
    ST_TRY(st_series_reserve(b->ctx, scratch, s->load.samples, &s->draw));
    ST_TRY(st_series_write(b->ctx, &s->load, 0, n, values));
    ST_TRY(run_ours(b, s));
    ST_TRY(check(b, s, values));
    bench_job job = {.work = run_ours, .state = s};
    ST_TRY(bench_measure(b, &job, 1));
    const double bytes_per_s = (double)n * sizeof(double) / job.time.best_s;
    bench_report(b,
                 &(bench_row){.figure = "storage.site",
                              .samples = (double)n,
                              .time = job.time,
                              .reference = "stream.read",
                              .ratio = b->read_bytes_per_s > 0.0 ? bytes_per_s / b->read_bytes_per_s
                                                                 : (double)NAN,
                              .target = (double)NAN,
                              .note = "one series, one thread, float64"});
    return ST_OK;
}

st_status bench_storage(bench *b)
{
    st_status status = ST_OK;
    st_scratch *scratch = NULL;
    void *values = NULL;
    const double window_j = battery.ceiling_j - battery.floor_j;
    site_stage s = {.stage = {.name = "battery",
                              .place = ST_PLACE_SITE,
                              .power_w = battery.power_w,
                              .energy_j = window_j,
                              .response_s = battery.response_s,
                              .efficiency_charge = battery.efficiency,
                              .efficiency_discharge = battery.efficiency,
                              .soc_min = 0.0,
                              .soc_max = 1.0,
                              .soc_start = 0.5,
                              .control = ST_CONTROL_SMOOTH,
                              .tau_s = battery.tau_s},
                    .load.samples = b->quick ? 1 << 20 : 1 << 22};
    ST_GOTO(status, bench_alloc(b, 3 * (size_t)s.load.samples * sizeof(double), &values));
    ST_GOTO(status, st_scratch_open(b->ctx, b->folder, &scratch));
    ST_GOTO(status, compare(b, &s, scratch, values));
done:
    st_scratch_close(scratch);
    bench_free(values);
    return status == ST_OK ? bench_rack_storage(b) : status;
}
