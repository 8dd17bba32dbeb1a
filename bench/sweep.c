/* sweep.c - figure `sweep`: 256 batteries behind one load at once, and the largest draw behind each
 * of them. compare_sweep.py holds a NumPy loop that is vectorised over the batteries against it. */
#include <math.h>

#include "core/memory.h"
#include "formula/storage.h"
#include "part.h"

enum { CANDIDATES = 256, MOST_CANDIDATES = 1024, CHECKED = 8 };
static const double tolerance = 1e-4; /* of the load: the sweep runs in float32 */

/* Per unit of 110 MW. Candidate c of n is that much of the base battery: (c + 1) / n. */
static const bench_battery base = {.dt_s = 1e-9 * BENCH_PERIOD_NS,
                                   .tau_s = 60.0,
                                   .response_s = 0.020,
                                   .power_w = 0.5,
                                   .floor_j = -2.0,
                                   .ceiling_j = 2.0,
                                   .efficiency = 0.96};

typedef struct sized {
    st_sweep sweep;
    st_sweep_candidate candidate[MOST_CANDIDATES];
    double worst[MOST_CANDIDATES]; /* per unit, above the level */
} sized;

static double load_of(size_t sample)
{
    return (double)bench_power_w(0, sample) / 110e3;
}

static bench_battery battery_of(size_t candidate, size_t candidates)
{
    const double share = (double)(candidate + 1) / (double)candidates;
    bench_battery battery = base;
    battery.power_w *= share;
    battery.floor_j *= share;
    battery.ceiling_j *= share;
    return battery;
}

static st_status run_ours(bench *b, void *state)
{
    sized *s = state;
    return st_backend_cpu.sweep(b->ctx, NULL, &s->sweep, s->worst); /* keeps nothing open */
}

static st_status check(bench *b, const sized *s, size_t n)
{
    void *block;
    ST_TRY(bench_alloc(b, 2 * n * sizeof(double), &block));
    double *const load = block, *const draw = load + n;
    double worst = 0.0;
    for (size_t i = 0; i < n; i++) {
        load[i] = load_of(i);
    }
    const size_t candidates = s->sweep.n_candidates;
    for (size_t c = 0; c < candidates; c += candidates / CHECKED + 1) {
        const bench_battery battery = battery_of(c, candidates);
        double largest = -INFINITY;
        bench_reference_storage(&battery, load, n, draw);
        for (size_t i = 0; i < n; i++) {
            largest = fmax(largest, draw[i]);
        }
        const double off = fabs(s->worst[c] + load[0] - largest);
        worst = off <= worst ? worst : off;
    }
    bench_free(block);
    return worst <= tolerance
               ? ST_OK
               : st_fail(b->ctx, ST_INTERNAL, "sweep: a largest draw is off by %.2g; allowed: %g",
                         worst, tolerance);
}

/* The rows that the sweep reads: the load above its first sample, and load - target. */
static st_status write_rows(bench *b, st_scratch *scratch, st_sweep *sweep, uint64_t *excess_offset)
{
    void *block;
    const size_t n = (size_t)sweep->samples;
    const st_lag smooth = st_lag_of(base.dt_s, base.tau_s);
    st_lag_state low = {0.0, 0.0};
    ST_TRY(bench_alloc(b, 2 * n * sizeof(float), &block));
    float *const load = block, *const excess = load + n;
    for (size_t i = 0; i < n; i++) {
        const double x = load_of(i) - load_of(0);
        load[i] = (float)x;
        excess[i] = (float)(x - st_lag_step(smooth, &low, x));
    }
    st_status status = st_scratch_reserve(b->ctx, scratch, n * sizeof(float), &sweep->load_offset);
    ST_GOTO(status, status);
    ST_GOTO(status, st_scratch_reserve(b->ctx, scratch, n * sizeof(float), excess_offset));
    ST_GOTO(status, st_scratch_write(b->ctx, scratch, sweep->load_offset, load, n * sizeof(float)));
    ST_GOTO(status, st_scratch_write(b->ctx, scratch, *excess_offset, excess, n * sizeof(float)));
done:
    bench_free(block);
    return status;
}

st_status bench_sweep_point(bench *b, size_t candidates, double *samples, bench_time *time)
{
    st_status status = ST_OK;
    st_scratch *scratch = NULL;
    uint64_t excess_offset = 0;
    const st_lag response = st_lag_of(base.dt_s, base.response_s);
    const st_sweep_channel channel = {0};
    const st_sweep_statistic level = {.kind = ST_SWEEP_LEVEL};
    static sized s; /* too large for the stack, and there is one */
    s = (sized){.sweep = {.excess_offset = &excess_offset,
                          .samples = (int64_t)bench_samples(b),
                          .dt_s = base.dt_s,
                          .share = {.per_charge_s = base.dt_s * base.efficiency,
                                    .per_discharge_s = base.dt_s / base.efficiency},
                          .n_candidates = candidates,
                          .candidate = s.candidate,
                          .n_channels = 1,
                          .channel = &channel,
                          .n_statistics = 1,
                          .statistic = &level,
                          .threads = b->threads,
                          .all = candidates}};
    for (size_t c = 0; c < candidates; c++) {
        const bench_battery battery = battery_of(c, candidates);
        s.candidate[c] = (st_sweep_candidate){.power = (float)battery.power_w,
                                              .b0 = (float)response.b0,
                                              .b1 = (float)response.b1,
                                              .floor = battery.floor_j,
                                              .ceiling = battery.ceiling_j};
    }
    bench_job job = {.work = run_ours, .state = &s};
    ST_GOTO(status, st_scratch_open(b->ctx, b->folder, &scratch));
    s.sweep.scratch = scratch;
    ST_GOTO(status, write_rows(b, scratch, &s.sweep, &excess_offset));
    ST_GOTO(status, run_ours(b, &s));
    ST_GOTO(status, check(b, &s, (size_t)s.sweep.samples));
    ST_GOTO(status, bench_measure(b, &job, 1));
    *time = job.time;
    *samples = (double)s.sweep.samples * (double)candidates;
done:
    st_scratch_close(scratch);
    return status;
}

st_status bench_sweep(bench *b)
{
    bench_row row = {.figure = "sweep",
                     .reference = "nothing; compare_sweep.py compares with NumPy",
                     .ratio = (double)NAN,
                     .target = (double)NAN,
                     .note = "256 candidates x samples of one load"};
    ST_TRY(bench_sweep_point(b, CANDIDATES, &row.samples, &row.time));
    bench_report(b, &row);
    return ST_OK;
}
