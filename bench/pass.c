/* pass.c - figure `pass`: detect over all racks from memory, by the contract of the backend:
 * levels, ramps, spectra at both rates, features of every frame, and the sum over racks. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/scratch.h"
#include "detect/pass.h"
#include "fftw.h"
#include "part.h"

typedef struct state {
    const bench_data *data;
    st_plan *plan;
    st_scratch *scratch;
    double *power;    /* [racks][n/2 + 1], of the last pass, or NULL */
    double sum_off_w; /* largest difference of the site's power from float64 */
} state;

/* The site's power, sample by sample; each value is a sum of whole numbers and so exact. */
static st_status check_sum(st_context *ctx, void *user, const st_tile *tile,
                           const st_tile_result *result)
{
    state *s = user;
    (void)ctx;
    for (size_t i = 0; s->power != NULL && i < tile->samples; i += 97) {
        double sum_w = 0.0;
        for (size_t r = 0; r < s->data->racks; r++) {
            sum_w += (double)s->data->power_w[r * s->data->samples + (size_t)tile->first + i];
        }
        s->sum_off_w = fmax(s->sum_off_w, fabs(result->sum_w[i] - sum_w));
    }
    return ST_OK;
}

static st_status run_pass(bench *b, void *user)
{
    state *s = user;
    const size_t bins = (size_t)s->plan->fast.n / 2 + 1;
    st_pass pass = {.backend = &st_backend_cpu,
                    .plan = s->plan,
                    .source = {s->data, bench_source_read},
                    .stage = "detect",
                    .on_tile = check_sum,
                    .user = s};
    const st_status status = st_pass_run(b->ctx, s->scratch, &pass);
    if (status == ST_OK && s->power != NULL) {
        memcpy(s->power, pass.sums.power_fast, s->data->racks * bins * sizeof(double));
    }
    st_pass_close(&pass);
    return status;
}

static st_status check(bench *b, state *s)
{
    void *block;
    const int n = s->plan->fast.n;
    ST_TRY(
        st_alloc(b->ctx, s->data->racks * ((size_t)n / 2 + 1), sizeof(double), "spectra", &block));
    s->power = block;
    st_status status = run_pass(b, s);
    if (status == ST_OK) {
        status = bench_check_power(b, "pass", s->data, n, s->power);
    }
    if (status == ST_OK && s->sum_off_w != 0.0) {
        status = st_fail(b->ctx, ST_INTERNAL, "pass: the sum over racks is off by %g W; allowed: 0",
                         s->sum_off_w);
    }
    st_free(block);
    s->power = NULL;
    return status;
}

static st_status compare(bench *b, state *s)
{
    bench_fftw *fftw;
    ST_TRY(bench_fftw_open(b, s->plan->fast.n, &fftw));
    bench_fftw_welch alone = {.fftw = fftw, .data = s->data};
    bench_job jobs[] = {{.work = run_pass, .state = s},
                        {.work = bench_fftw_alone, .state = &alone}};
    const st_status status = bench_measure(b, jobs, fftw != NULL ? 2 : 1);
    if (status == ST_OK) {
        bench_report(
            b,
            &(bench_row){
                .figure = "pass",
                .samples = (double)(s->data->racks * s->data->samples),
                .time = jobs[0].time,
                .reference = fftw != NULL ? "FFTW's transforms alone, r2c" : "FFTW was not found",
                .cpu_ratio = fftw != NULL ? jobs[1].time.cpu_s / jobs[0].time.cpu_s : 0.0,
                .ratio = fftw != NULL ? jobs[1].time.best_s / jobs[0].time.best_s : (double)NAN,
                .target = (double)NAN});
    }
    bench_fftw_close(fftw);
    return status;
}

st_status bench_pass(bench *b)
{
    st_status status = ST_OK;
    bench_data data = {0};
    double offset_w[BENCH_RACKS] = {0.0};
    state s = {.data = &data};
    ST_GOTO(status, bench_data_make(b, BENCH_RACKS, bench_samples(b), &data));
    ST_GOTO(status, bench_plan(b, &data, offset_w, b->threads, &s.plan));
    ST_GOTO(status, st_scratch_open(b->ctx, b->folder, &s.scratch));
    ST_GOTO(status, check(b, &s));
    ST_GOTO(status, compare(b, &s));
done:
    st_scratch_close(s.scratch);
    st_plan_destroy(s.plan);
    bench_free(data.power_w);
    return status;
}
