/* battery.c - stage after stage, each on the draw that the one before it left. */
#include "respond/battery.h"

#include "core/memory.h"
#include "respond/prime.h"

static void put(double *column, size_t row, double value)
{
    if (column != NULL) {
        column[row] = value;
    }
}

void st_battery_fill(st_battery_columns *columns, size_t stage, const st_stage_record *record)
{
    put(columns->soc_min, stage, record->soc_min);
    put(columns->soc_mean, stage, record->soc_mean);
    put(columns->soc_max, stage, record->soc_max);
    put(columns->power_min_w, stage, record->power_min_w);
    put(columns->power_mean_w, stage, record->power_mean_w);
    put(columns->power_max_w, stage, record->power_max_w);
    put(columns->prime_w, stage, record->prime_w);
    put(columns->clip_power_s, stage, record->clip_power_s);
    put(columns->clip_energy_s, stage, record->clip_energy_s);
    put(columns->equivalent_full_cycles, stage, record->equivalent_full_cycles);
    put(columns->throughput_j, stage, record->throughput_j);
    put(columns->loss_j, stage, record->loss_j);
    put(columns->burnt_j, stage, record->burnt_j);
    put(columns->held_back_s, stage, record->held_back_s);
    put(columns->fade_per_year, stage, record->fade_per_year);
    if (columns->fade_extrapolated != NULL) {
        columns->fade_extrapolated[stage] = record->fade_extrapolated;
    }
    for (size_t bin = 0; bin < ST_DEPTH_BINS; bin++) {
        put(columns->rainflow_depth, stage * ST_DEPTH_BINS + bin, record->rainflow_depth[bin]);
        put(columns->rainflow_count, stage * ST_DEPTH_BINS + bin, record->rainflow_count[bin]);
    }
}

static st_status copy_series(st_context *ctx, const st_series *from, const st_series *to)
{
    st_status status = ST_OK;
    void *block;
    ST_TRY(st_alloc(ctx, ST_RESPOND_BLOCK, sizeof(double), "copying the load", &block));
    for (int64_t at = 0; at < from->samples; at += ST_RESPOND_BLOCK) {
        const int64_t left = from->samples - at;
        const size_t n = (size_t)(left < ST_RESPOND_BLOCK ? left : ST_RESPOND_BLOCK);
        ST_GOTO(status, st_series_read(ctx, from, at, n, block));
        ST_GOTO(status, st_series_write(ctx, to, at, n, block));
    }
done:
    st_free(block);
    return status;
}

static st_status pass_stage(st_context *ctx, const st_stage_task *task, const st_series *input,
                            const st_series *draw, st_battery_columns *columns, size_t row)
{
    st_status status = ST_OK;
    void *memory;
    ST_TRY(st_alloc(ctx, 1, sizeof(st_stage_record), "the record of a storage stage", &memory));
    st_stage_record *record = memory;
    ST_GOTO(status, st_respond_stage(ctx, task, input, draw, record));
    if (columns != NULL) {
        st_battery_fill(columns, row, record);
    }
    st_stage_tell(ctx, task->stage, task->model, record);
done:
    st_free(memory);
    return status;
}

st_status st_respond_battery(st_context *ctx, const st_stage *stages, size_t n_stages,
                             const st_settings *settings, int64_t period_ns, const st_series *load,
                             const st_series *draw, st_battery_columns *columns)
{
    const st_series *input = load;
    for (size_t s = 0; s < n_stages; s++) {
        if (stages[s].place != ST_PLACE_SITE) {
            continue;
        }
        const st_stage_task task = {
            .stage = &stages[s],
            .model = settings->storage_model,
            .period_ns = period_ns,
            .prime_tau_s = stages[s].tau_s,
            .temperature_k = settings->temperature_k,
        };
        ST_TRY(pass_stage(ctx, &task, input, draw, columns, s));
        input = draw;
    }
    return input == load ? copy_series(ctx, load, draw) : ST_OK;
}
