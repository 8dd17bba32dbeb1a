/* rack_stages.c - site stages at the racks become formulas with tables, and their duties a record. */
#include "respond/rack_stages.h"

#include <math.h>

#include "core/memory.h"
#include "formula/duration.h"
#include "formula/wear.h"
#include "respond/rack_prime.h"
#include "respond/wear.h"

size_t st_rack_stages_count(const st_site *site)
{
    size_t n = 0;
    for (size_t s = 0; site != NULL && s < site->n_stages; s++) {
        n += site->stages[s].place == ST_PLACE_RACK;
    }
    return n;
}

/* ---- before --------------------------------------------------------------------------------- */

static st_rack_stage smoothing_of(const st_stage *stage, int64_t period_ns)
{
    const double dt_s = (double)period_ns / 1e9;
    return (st_rack_stage){
        .kind = ST_RACK_SMOOTHING,
        .smoothing = {.floor_w = stage->floor_w,
                      .active_w = stage->active_w,
                      .stop_samples = (double)st_duration_samples(stage->stop_delay_s, period_ns),
                      .ceiling_w = stage->ceiling_w,
                      .up_w = stage->ramp_up_w_per_s * dt_s,
                      .down_w = stage->ramp_down_w_per_s * dt_s}};
}

static st_rack_stage storage_of(const st_stage *stage, const st_settings *settings,
                                const st_plan *plan)
{
    const bool linear = settings->storage_model == ST_MODEL_LINEAR;
    const int64_t delay = st_duration_samples(stage->delay_s, plan->period_ns);
    return (st_rack_stage){
        .kind = ST_RACK_STORAGE,
        .storage = st_stage_storage(stage, (double)plan->period_ns / 1e9, settings->storage_model),
        .soc_start = stage->soc_start,
        .soc_per_j = 1.0 / stage->energy_j,
        .soc_low = linear ? -INFINITY : stage->soc_min,
        .soc_high = linear ? INFINITY : stage->soc_max,
        /* a dead time beyond the end of the record is as long as the record */
        .delay_samples = delay < plan->samples ? delay : plan->samples};
}

static st_status take_arrays(st_context *ctx, const st_plan *plan, size_t n, st_rack_stages *stages)
{
    void *stage, *of, *first_w, *prime_w, *calendar;
    size_t starts;
    if (!st_multiply(n, plan->racks, &starts)) {
        return st_fail(ctx, ST_MEMORY, "%zu stages of %zu racks do not fit", n, plan->racks);
    }
    ST_TRY(st_arena_open(ctx,
                         st_arena_need(n, sizeof(st_rack_stage)) +
                             st_arena_need(n, sizeof(st_stage *)) +
                             2 * st_arena_need(starts, sizeof(double)) +
                             st_arena_need(ST_CALENDAR_POINTS, sizeof(double)),
                         "the stages at the racks", &stages->arena));
    ST_TRY(st_arena_take(ctx, &stages->arena, n, sizeof(st_rack_stage), &stage));
    ST_TRY(st_arena_take(ctx, &stages->arena, n, sizeof(st_stage *), &of));
    ST_TRY(st_arena_take(ctx, &stages->arena, starts, sizeof(double), &first_w));
    ST_TRY(st_arena_take(ctx, &stages->arena, starts, sizeof(double), &prime_w));
    ST_TRY(st_arena_take(ctx, &stages->arena, ST_CALENDAR_POINTS, sizeof(double), &calendar));
    stages->racks = (st_rack_storage){n, stage, first_w, prime_w, calendar};
    stages->stage = of;
    for (size_t i = 0; i < ST_CALENDAR_POINTS; i++) {
        ((double *)calendar)[i] =
            st_wear_calendar((double)i / (ST_CALENDAR_POINTS - 1), stages->temperature_k);
    }
    return ST_OK;
}

st_status st_rack_stages_open(st_context *ctx, const st_site *site, const st_settings *settings,
                              const st_plan *plan, const st_source *source, st_rack_stages *stages)
{
    *stages = (st_rack_stages){.model = settings->storage_model,
                               .temperature_k = settings->temperature_k};
    ST_TRY(take_arrays(ctx, plan, st_rack_stages_count(site), stages));
    st_rack_stage *stage = (st_rack_stage *)stages->racks.stage;
    for (size_t i = 0, s = 0; i < site->n_stages; i++) {
        const st_stage *of = &site->stages[i];
        if (of->place == ST_PLACE_RACK) {
            stages->stage[s] = of;
            stage[s++] = of->kind == ST_STAGE_SMOOTHING ? smoothing_of(of, plan->period_ns)
                                                        : storage_of(of, settings, plan);
        }
    }
    for (size_t s = 0; s < stages->racks.stages; s++) {
        ST_TRY(st_rack_prime(ctx, &stages->racks, s, stages->stage[s]->tau_s, plan, source,
                             (double *)stages->racks.first_w + s * plan->racks,
                             (double *)stages->racks.prime_w + s * plan->racks));
    }
    return ST_OK;
}

void st_rack_stages_close(st_rack_stages *stages)
{
    st_arena_close(&stages->arena);
    *stages = (st_rack_stages){.temperature_k = 0.0};
}

/* ---- after ---------------------------------------------------------------------------------- */

/* Energies of one rack, and what they do to its cells. */
static void add_rack(const st_rack_stages *stages, size_t s, double dt_s, const st_rack_duty *duty,
                     const double *count, const double *depth, st_stage_record *record)
{
    const st_stage *stage = stages->stage[s];
    const st_rack_stage *formula = &stages->racks.stage[s];
    const double load_j = st_sum_value(duty->sum[ST_RACK_LOAD_W]) * dt_s;
    const double power_j = st_sum_value(duty->sum[ST_RACK_POWER_W]) * dt_s;
    const double turned_j = st_sum_value(duty->sum[ST_RACK_TURNED_W]) * dt_s;
    const double stored_mean_j = st_sum_value(duty->sum[ST_RACK_STORED_J]) / duty->samples;
    int fitted = 1;
    record->power_min_w += duty->power_min_w;
    record->power_mean_w += power_j / (duty->samples * dt_s);
    record->power_max_w += duty->power_max_w;
    record->load_j += load_j;
    record->draw_j += load_j - power_j;
    record->throughput_j += turned_j;
    if (stage->kind == ST_STAGE_SMOOTHING) {
        record->stored_j -= (turned_j + power_j) / 2.0;
        record->loss_j += (turned_j - power_j) / 2.0;
        record->held_back_s += duty->held_back * dt_s;
        return;
    }
    record->soc_min = fmin(record->soc_min, st_rack_charge(formula, duty->stored_min_j));
    record->soc_mean += st_rack_charge(formula, stored_mean_j);
    record->soc_max = fmax(record->soc_max, st_rack_charge(formula, duty->stored_max_j));
    record->loss_j += st_exchange_loss(formula->storage.exchange, power_j, turned_j);
    record->clip_power_s += duty->clipped_power * dt_s;
    record->clip_energy_s += duty->clipped_energy * dt_s;
    record->stored_j += duty->stored_j;
    record->equivalent_full_cycles += turned_j / (2.0 * stage->energy_j);
    record->fade_per_year += st_wear_share(st_sum_value(duty->sum[ST_RACK_CALENDAR]) /
                                               ceil(duty->samples / ST_CALENDAR_EVERY),
                                           st_rainflow_mean_depth(count, depth),
                                           &(st_wear_duty){stage->energy_j, duty->samples * dt_s,
                                                           turned_j, fmax(0.0, -duty->power_min_w)},
                                           stages->temperature_k, &fitted);
    record->fade_extrapolated = record->fade_extrapolated || !fitted;
    for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
        record->rainflow_count[bin] += count[bin];
        record->rainflow_depth[bin] += depth[bin];
    }
}

/* Smoothing keeps no charge: its columns are its two costs. */
static void finish_smoothing(st_stage_record *record, double racks)
{
    record->burnt_j = record->loss_j;
    record->held_back_s /= racks;
    record->soc_min = record->soc_mean = record->soc_max = record->prime_w = NAN;
    record->clip_power_s = record->clip_energy_s = record->throughput_j = NAN;
    record->equivalent_full_cycles = record->fade_per_year = NAN;
    for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
        record->rainflow_depth[bin] = NAN;
    }
}

static void finish_storage(st_stage_record *record, double racks)
{
    double *const means[] = {&record->soc_mean, &record->clip_power_s, &record->clip_energy_s,
                             &record->equivalent_full_cycles, &record->fade_per_year};
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++) {
        *means[i] /= racks;
    }
    for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
        const double cycles = record->rainflow_count[bin];
        record->rainflow_depth[bin] =
            cycles > 0.0 ? record->rainflow_depth[bin] / cycles : (double)NAN;
    }
    record->burnt_j = record->held_back_s = NAN;
}

st_status st_rack_stages_record(st_context *ctx, const st_rack_stages *stages, const st_plan *plan,
                                const st_rack_sums *sums, size_t s, st_stage_record *record)
{
    const double dt_s = (double)plan->period_ns / 1e9;
    double racks = 0.0;
    *record = (st_stage_record){.soc_min = INFINITY, .soc_max = -INFINITY};
    for (size_t r = 0; r < plan->racks; r++) {
        const size_t of = s * plan->racks + r;
        if (sums->valid[r] > 0) {
            racks += 1.0;
            record->prime_w += stages->racks.prime_w[of];
            add_rack(stages, s, dt_s, &sums->duty[of], sums->cycle_count + of * ST_DEPTH_BINS,
                     sums->cycle_depth + of * ST_DEPTH_BINS, record);
        }
    }
    ST_TRY(st_stage_check_balance(ctx, stages->stage[s], record));
    if (stages->stage[s]->kind == ST_STAGE_SMOOTHING) {
        finish_smoothing(record, racks);
    } else {
        finish_storage(record, racks);
        st_stage_tell(ctx, stages->stage[s], stages->model, record);
    }
    return ST_OK;
}
