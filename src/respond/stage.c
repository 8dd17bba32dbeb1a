/* stage.c - carries a load through a storage stage and keeps its record. */
#include "respond/stage.h"

#include <math.h>

#include "core/memory.h"
#include "formula/duration.h"
#include "formula/sum.h"
#include "respond/prime.h"
#include "respond/wear.h"

static const double balance_share = 1e-9; /* of the load's energy and the throughput */

typedef struct st_passage {
    st_storage storage;
    st_storage_state state;
    st_delay delay;
    double soc_start, soc_per_j, soc_low, soc_high, energy_j;
    double held_w;
    /* sums over samples; min and max */
    st_sum load_w, draw_w, power_w, turned_w, soc;
    double dt_s;
    double soc_min, soc_max, power_min_w, power_max_w;
    int64_t samples, clipped_power, clipped_energy;
    st_wear wear;
} st_passage;

st_storage st_stage_storage(const st_stage *stage, double dt_s, st_storage_model model)
{
    st_storage storage = {
        .smooth = st_lag_of(dt_s, stage->tau_s),
        .response = st_lag_of(dt_s, stage->response_s),
        .ramp = stage->control == ST_CONTROL_RAMP,
        .up_w = stage->ramp_up_w_per_s * dt_s,
        .down_w = stage->ramp_down_w_per_s * dt_s,
        .charge_w = stage->power_w,
        .discharge_w = stage->power_w,
        .recovery_per_s = stage->soc_recovery_s > 0.0 ? 1.0 / stage->soc_recovery_s : 0.0,
        .exchange = st_exchange_of(dt_s, stage->efficiency_charge, stage->efficiency_discharge),
        .floor_j = (stage->soc_min - stage->soc_start) * stage->energy_j,
        .ceiling_j = (stage->soc_max - stage->soc_start) * stage->energy_j,
    };
    if (model == ST_MODEL_LINEAR) {
        st_storage_open(&storage);
    }
    return storage;
}

static void start(st_passage *passage, const st_stage_task *task, const st_prime *prime)
{
    const st_stage *stage = task->stage;
    passage->dt_s = (double)task->period_ns / 1e9;
    passage->storage = st_stage_storage(stage, passage->dt_s, task->model);
    passage->soc_start = stage->soc_start;
    passage->soc_low = stage->soc_min;
    passage->soc_high = stage->soc_max;
    passage->soc_per_j = 1.0 / stage->energy_j;
    passage->energy_j = stage->energy_j;
    if (task->model == ST_MODEL_LINEAR) {
        passage->soc_low = -INFINITY;
        passage->soc_high = INFINITY;
    }
    passage->held_w = prime->first_w;
    passage->state = st_storage_rest(isfinite(prime->level_w) ? prime->level_w : prime->first_w);
    passage->soc_min = passage->power_min_w = INFINITY;
    passage->soc_max = passage->power_max_w = -INFINITY;
    st_wear_start(&passage->wear, task->temperature_k);
}

/* A block of samples on its way: sums over it are plain, sums of blocks are st_sum. */
enum { SUM_BLOCK = 64 };
typedef struct stage_block {
    double load_w[SUM_BLOCK], power_w[SUM_BLOCK], stored_j[SUM_BLOCK];
    size_t n;
} stage_block;

static void account_power(st_passage *passage, const stage_block *block)
{
    double load_w = 0.0, draw_w = 0.0, sum_w = 0.0, turned_w = 0.0;
    double least_w = passage->power_min_w, most_w = passage->power_max_w;
    for (size_t i = 0; i < block->n; i++) {
        const double power_w = block->power_w[i];
        load_w += block->load_w[i];
        draw_w += block->load_w[i] - power_w;
        sum_w += power_w;
        turned_w += fabs(power_w);
        least_w = power_w < least_w ? power_w : least_w;
        most_w = power_w > most_w ? power_w : most_w;
    }
    st_sum_add(&passage->load_w, load_w);
    st_sum_add(&passage->draw_w, draw_w);
    st_sum_add(&passage->power_w, sum_w);
    st_sum_add(&passage->turned_w, turned_w);
    passage->power_min_w = least_w;
    passage->power_max_w = most_w;
}

static void account_charge(st_passage *passage, const stage_block *block)
{
    double sum = 0.0, least = passage->soc_min, most = passage->soc_max;
    for (size_t i = 0; i < block->n; i++) {
        /* The clamp takes away the last bit by which start + change / energy may miss the window. */
        const double soc = st_clamp(passage->soc_start + block->stored_j[i] * passage->soc_per_j,
                                    passage->soc_low, passage->soc_high);
        sum += soc;
        least = soc < least ? soc : least;
        most = soc > most ? soc : most;
        st_wear_add(&passage->wear, soc);
    }
    st_sum_add(&passage->soc, sum);
    passage->soc_min = least;
    passage->soc_max = most;
}

/* x: [block->n], the load on entry, the draw on return. What changes with every sample stays in
 * registers: on its way through memory it would take longer than the step itself. */
static void step_block(st_passage *passage, double *x, stage_block *block)
{
    const st_storage storage = passage->storage;
    st_storage_state state = passage->state;
    double held_w = passage->held_w;
    int64_t clipped_power = 0, clipped_energy = 0;
    for (size_t i = 0; i < block->n; i++) {
        const bool valid = isfinite(x[i]);
        held_w = valid ? x[i] : held_w;
        const st_storage_sample sample = st_storage_step(&storage, &state, &passage->delay, held_w);
        x[i] = valid ? held_w - sample.power_w : (double)NAN;
        block->load_w[i] = held_w;
        block->power_w[i] = sample.power_w;
        block->stored_j[i] = state.stored_j;
        clipped_power += sample.clipped_power;
        clipped_energy += sample.clipped_energy;
    }
    passage->state = state;
    passage->held_w = held_w;
    passage->clipped_power += clipped_power;
    passage->clipped_energy += clipped_energy;
}

/* x: [n], the load on entry, the draw on return. */
static void carry(st_passage *passage, double *x, size_t n)
{
    stage_block block;
    for (size_t from = 0; from < n; from += SUM_BLOCK) {
        block.n = n - from < SUM_BLOCK ? n - from : SUM_BLOCK;
        step_block(passage, x + from, &block);
        account_power(passage, &block);
        account_charge(passage, &block);
    }
    passage->samples += (int64_t)n;
}

static void conclude(st_passage *passage, st_stage_record *record)
{
    const double dt_s = passage->dt_s, n = (double)passage->samples;
    record->soc_min = passage->soc_min;
    record->soc_mean = st_sum_value(passage->soc) / n;
    record->soc_max = passage->soc_max;
    record->power_min_w = passage->power_min_w;
    record->power_mean_w = st_sum_value(passage->power_w) / n;
    record->power_max_w = passage->power_max_w;
    record->clip_power_s = (double)passage->clipped_power * dt_s;
    record->clip_energy_s = (double)passage->clipped_energy * dt_s;
    record->load_j = st_sum_value(passage->load_w) * dt_s;
    record->draw_j = st_sum_value(passage->draw_w) * dt_s;
    record->stored_j = passage->state.stored_j;
    record->throughput_j = st_sum_value(passage->turned_w) * dt_s;
    record->loss_j = st_exchange_loss(passage->storage.exchange,
                                      st_sum_value(passage->power_w) * dt_s, record->throughput_j);
    record->equivalent_full_cycles = record->throughput_j / (2.0 * passage->energy_j);

    int fitted;
    record->fade_per_year =
        st_wear_finish(&passage->wear,
                       &(st_wear_duty){passage->energy_j, n * dt_s, record->throughput_j,
                                       fmax(0.0, -passage->power_min_w)},
                       &fitted);
    record->fade_extrapolated = !fitted;
    for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
        const double cycles = passage->wear.flow.count[bin];
        record->rainflow_count[bin] = cycles;
        record->rainflow_depth[bin] = cycles > 0.0 ? passage->wear.flow.depth[bin] / cycles : NAN;
    }
}

st_status st_stage_check_balance(st_context *ctx, const st_stage *stage,
                                 const st_stage_record *record)
{
    const double off_j = record->draw_j - record->load_j - record->stored_j - record->loss_j;
    /* The load of an idle rack sums to next to nothing, and what was turned over does not. */
    if (fabs(off_j) <= balance_share * (fabs(record->load_j) + record->throughput_j)) {
        return ST_OK;
    }
    return st_fail(ctx, ST_INTERNAL,
                   "storage '%s': the energy balance is off by %g J: drawn %.9g J, load %.9g J, "
                   "stored %.9g J, lost %.9g J, turned over %.9g J; allowed: %g of the load and of "
                   "what was turned over",
                   stage->name, off_j, record->draw_j, record->load_j, record->stored_j,
                   record->loss_j, record->throughput_j, balance_share);
}

void st_stage_tell(st_context *ctx, const st_stage *stage, st_storage_model model,
                   const st_stage_record *record)
{
    if (model == ST_MODEL_LINEAR && stage->control == ST_CONTROL_RAMP) {
        st_notice(ctx, "storage '%s': the linear model has no ramp limit; it smooths with tau %g s",
                  stage->name, stage->tau_s);
    }
    if (record->fade_extrapolated && record->throughput_j > 0.0) {
        st_notice(ctx,
                  "storage '%s': a fade of %.3g per year is an extrapolation: the formula was "
                  "fitted for depths of 0.8 to 1, 10 to 45 C, and charging up to 0.65 C",
                  stage->name, record->fade_per_year);
    }
}

static st_status carry_series(st_context *ctx, st_passage *passage, const st_series *load,
                              const st_series *draw, double *block)
{
    for (int64_t from = 0; from < load->samples; from += ST_RESPOND_BLOCK) {
        const int64_t left = load->samples - from;
        const size_t n = (size_t)(left < ST_RESPOND_BLOCK ? left : ST_RESPOND_BLOCK);
        ST_TRY(st_series_read(ctx, load, from, n, block));
        carry(passage, block, n);
        ST_TRY(st_series_write(ctx, draw, from, n, block));
        ST_TRY(st_progress(ctx, "respond", (double)(from + (int64_t)n), (double)load->samples,
                           "samples"));
    }
    return ST_OK;
}

st_status st_respond_stage(st_context *ctx, const st_stage_task *task, const st_series *load,
                           const st_series *draw, st_stage_record *record)
{
    st_status status = ST_OK;
    st_arena arena = {NULL, 0, 0};
    st_prime prime;
    void *block, *past, *memory;
    /* A dead time beyond the end of the record is as long as the record. */
    int64_t delay = st_duration_samples(task->stage->delay_s, task->period_ns);
    delay = delay < load->samples ? delay : load->samples;

    *record = (st_stage_record){0};
    ST_GOTO(status, st_arena_open(ctx,
                                  st_arena_need(ST_RESPOND_BLOCK, sizeof(double)) +
                                      st_arena_need((size_t)delay, sizeof(double)) +
                                      st_arena_need(1, sizeof(st_passage)),
                                  "a storage stage", &arena));
    ST_GOTO(status, st_arena_take(ctx, &arena, ST_RESPOND_BLOCK, sizeof(double), &block));
    ST_GOTO(status, st_arena_take(ctx, &arena, (size_t)delay, sizeof(double), &past));
    ST_GOTO(status, st_arena_take(ctx, &arena, 1, sizeof(st_passage), &memory));
    st_passage *passage = memory;
    ST_GOTO(status, st_prime_find(ctx, load, task->prime_tau_s, task->period_ns, block, &prime));
    start(passage, task, &prime);
    passage->delay = (st_delay){past, delay, 0};
    ST_GOTO(status, carry_series(ctx, passage, load, draw, block));
    record->prime_w = prime.level_w;
    record->burnt_j = record->held_back_s = NAN;
    conclude(passage, record);
    ST_GOTO(status, st_stage_check_balance(ctx, task->stage, record));
done:
    st_arena_close(&arena);
    return status;
}
