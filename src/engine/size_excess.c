/* size_excess.c - what the sweep reads: what the batteries see of the load, per unit, and for each
 * control what that has in excess of its target. Neither depends on the battery's size, so both are computed once, in
 * float64, and leave as float32. On the way a battery without limits shows, for each response time,
 * what power and energy would be asked of it. */
#include <math.h>

#include "engine/size_rows.h"
#include "core/memory.h"
#include "formula/duration.h"
#include "respond/prime.h"
#include "respond/stage.h"

enum { BLOCK = ST_RESPOND_BLOCK };

/* A control under way, and behind it a battery without limits for each response time. */
typedef struct passage {
    st_storage control;
    st_storage_state target;
    double held_w;
    st_storage storage[ST_SIZING_RESPONSES];
    st_storage_state state[ST_SIZING_RESPONSES];
    st_delay delay[ST_SIZING_RESPONSES];
} passage;

static void start(passage *p, const st_grid *grid, size_t control, double dt_s,
                  const st_prime *prime)
{
    const st_stage stage = st_grid_stage(grid, 0, control, 1);
    p->control = (st_storage){.smooth = st_lag_of(dt_s, stage.tau_s),
                              .ramp = stage.control == ST_CONTROL_RAMP,
                              .up_w = stage.ramp_up_w_per_s * dt_s,
                              .down_w = stage.ramp_down_w_per_s * dt_s};
    p->target = st_storage_rest(prime->level_w);
    p->held_w = prime->first_w;
    for (size_t r = 0; r < grid->n_responses; r++) {
        p->storage[r] = (st_storage){
            .response = st_lag_of(dt_s, grid->response_s[r]),
            .recovery_per_s = stage.soc_recovery_s > 0.0 ? 1.0 / stage.soc_recovery_s : 0.0,
            .exchange = st_exchange_of(dt_s, stage.efficiency_charge, stage.efficiency_discharge),
            .floor_j = -INFINITY,
            .ceiling_j = INFINITY};
        p->state[r] = st_storage_rest(0.0);
    }
}

/* One sample of the battery without limits: the same operations as st_storage_step. */
static void follow(passage *p, size_t r, double excess_w, st_reach *reach)
{
    st_storage_sample sample;
    const double wish_w = excess_w + p->state[r].stored_j * p->storage[r].recovery_per_s;
    sample.power_w = st_lag_step(p->storage[r].response, &p->state[r].power,
                                 st_delay_step(&p->delay[r], wish_w));
    st_storage_exchange(&p->storage[r], &p->state[r], &sample);
    const double asked_w = fabs(wish_w), stored_j = p->state[r].stored_j;
    reach->power_w = asked_w > reach->power_w ? asked_w : reach->power_w;
    reach->low_j = stored_j < reach->low_j ? stored_j : reach->low_j;
    reach->high_j = stored_j > reach->high_j ? stored_j : reach->high_j;
}

static void carry(passage *p, const st_rows *rows, const st_grid *grid, st_reach *reach,
                  const double *load_w, float *load, float *excess, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const bool valid = isfinite(load_w[i]);
        p->held_w = valid ? load_w[i] : p->held_w;
        load[i] = valid ? (float)((load_w[i] - rows->level_w) / rows->base_w) : NAN;
        const double excess_w = st_storage_wish(&p->control, &p->target, p->held_w);
        excess[i] = (float)(excess_w / rows->base_w);
        for (size_t r = 0; r < grid->n_responses; r++) {
            follow(p, r, excess_w, &reach[r]);
        }
    }
}

static st_status carry_control(st_context *ctx, const st_run *run, const st_grid *grid,
                               size_t control, st_rows *rows, st_arena *arena, passage *p)
{
    void *load_w, *load, *excess, *past;
    const size_t n_responses = grid->n_responses, size = sizeof(float);
    ST_TRY(st_arena_take(ctx, arena, BLOCK, sizeof(double), &load_w));
    ST_TRY(st_arena_take(ctx, arena, BLOCK, size, &load));
    ST_TRY(st_arena_take(ctx, arena, BLOCK, size, &excess));
    st_prime prime;
    ST_TRY(
        st_prime_find(ctx, &run->seen, grid->tau_s[control], run->plan->period_ns, load_w, &prime));
    start(p, grid, control, (double)run->plan->period_ns / 1e9, &prime);
    for (size_t r = 0; r < n_responses; r++) {
        ST_TRY(st_arena_take(ctx, arena, (size_t)rows->delay, sizeof(double), &past));
        p->delay[r] = (st_delay){past, rows->delay, 0};
        rows->reach[r * grid->n_controls + control] = (st_reach){0.0, 0.0, 0.0};
    }
    for (int64_t from = 0; from < run->plan->samples; from += BLOCK) {
        const int64_t left = run->plan->samples - from;
        const size_t n = (size_t)(left < BLOCK ? left : BLOCK);
        const uint64_t at = (uint64_t)from * size;
        st_reach reach[ST_SIZING_RESPONSES];
        for (size_t r = 0; r < n_responses; r++) {
            reach[r] = rows->reach[r * grid->n_controls + control];
        }
        ST_TRY(st_series_read(ctx, &run->seen, from, n, load_w));
        carry(p, rows, grid, reach, load_w, load, excess, n);
        for (size_t r = 0; r < n_responses; r++) {
            rows->reach[r * grid->n_controls + control] = reach[r];
        }
        if (control == 0) {
            ST_TRY(st_scratch_write(ctx, run->scratch, rows->load_offset + at, load, n * size));
        }
        ST_TRY(st_scratch_write(ctx, run->scratch, rows->excess_offset[control] + at, excess,
                                n * size));
    }
    return ST_OK;
}

static st_status run_control(st_context *ctx, const st_run *run, const st_grid *grid,
                             size_t control, st_rows *rows)
{
    st_status status = ST_OK;
    st_arena arena = {NULL, 0, 0};
    void *p;
    const size_t block = st_arena_need(BLOCK, sizeof(double));
    ST_GOTO(status, st_arena_open(ctx,
                                  3 * block + st_arena_need(1, sizeof(passage)) +
                                      grid->n_responses *
                                          st_arena_need((size_t)rows->delay, sizeof(double)),
                                  "the excess of a load", &arena));
    ST_GOTO(status, st_arena_take(ctx, &arena, 1, sizeof(passage), &p));
    ST_GOTO(status, carry_control(ctx, run, grid, control, rows, &arena, p));
done:
    st_arena_close(&arena);
    return status;
}

/* ---- the stages behind -------------------------------------------------------------------------- */

/* The first valid sample of what is seen; their number where none is. */
static st_status find_valid(st_context *ctx, const st_run *run, int64_t *first)
{
    const st_series *seen = &run->seen;
    st_status status = ST_OK;
    void *block;
    *first = seen->samples;
    ST_TRY(st_alloc(ctx, BLOCK, sizeof(double), "samples of a load", &block));
    const double *x = block;
    for (int64_t from = 0; from < *first && status == ST_OK; from += BLOCK) {
        const int64_t left = seen->samples - from;
        const size_t n = (size_t)(left < BLOCK ? left : BLOCK);
        status = st_series_read(ctx, seen, from, n, block);
        for (size_t i = 0; i < n && *first == seen->samples && status == ST_OK; i++) {
            *first = isfinite(x[i]) ? from + (int64_t)i : *first;
        }
    }
    st_free(block);
    return status;
}

/* Per unit of the base; energy counts in such units x s. */
static st_storage per_unit(const st_stage *stage, double dt_s, double base_w)
{
    st_storage storage = st_stage_storage(stage, dt_s, ST_MODEL_CONSTRAINED);
    storage.up_w /= base_w;
    storage.down_w /= base_w;
    storage.charge_w /= base_w;
    storage.discharge_w /= base_w;
    storage.floor_j /= base_w;
    storage.ceiling_j /= base_w;
    return storage;
}

static st_status make_behind(st_context *ctx, const st_run *run, const st_grid *grid, st_rows *rows)
{
    const int64_t period_ns = run->plan->period_ns, samples = run->plan->samples;
    int64_t first;
    rows->n_behind = 0;
    ST_TRY(find_valid(ctx, run, &first));
    for (size_t b = 0; b < grid->n_behind; b++) {
        const st_stage *stage = &grid->behind[b];
        const int64_t asked = st_duration_samples(stage->tau_s, period_ns);
        const int64_t span = asked < 1 ? 1 : asked;
        const int64_t delay = st_duration_samples(stage->delay_s, period_ns);
        if (stage->place == ST_PLACE_SITE) {
            rows->behind[rows->n_behind++] =
                (st_sweep_stage){.storage = per_unit(stage, (double)period_ns / 1e9, rows->base_w),
                                 .delay = delay < samples ? delay : samples,
                                 .prime_end = span < samples - first ? first + span : samples};
        }
    }
    return ST_OK;
}

st_status st_rows_make(st_context *ctx, const st_run *run, const st_grid *grid, double base_w,
                       double level_w, st_rows *rows)
{
    const uint64_t bytes = (uint64_t)run->plan->samples * sizeof(float);
    const int64_t delay = st_duration_samples(grid->stage.delay_s, run->plan->period_ns);
    st_status status[ST_SIZING_CONTROLS] = {ST_OK};
    rows->base_w = base_w;
    rows->level_w = level_w;
    rows->delay = delay < run->plan->samples ? delay : run->plan->samples;
    ST_TRY(make_behind(ctx, run, grid, rows));
    ST_TRY(st_scratch_reserve(ctx, run->scratch, bytes, &rows->load_offset));
    for (size_t c = 0; c < grid->n_controls; c++) {
        ST_TRY(st_scratch_reserve(ctx, run->scratch, bytes, &rows->excess_offset[c]));
    }
#pragma omp parallel for schedule(dynamic, 1) num_threads(run->plan->threads)
    for (size_t c = 0; c < grid->n_controls; c++) {
        status[c] = run_control(ctx, run, grid, c, rows);
    }
    for (size_t c = 0; c < grid->n_controls; c++) {
        ST_TRY(status[c]);
    }
    return ST_OK;
}
