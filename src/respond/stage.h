/* stage.h - one storage stage between a load and a draw.
 * The middle of the sentence: detect -> respond -> assess. It streams a narrow series in blocks,
 * in memory that does not depend on its length, and knows neither traces nor rules. */
#ifndef ST_RESPOND_STAGE_H
#define ST_RESPOND_STAGE_H

#include <stdbool.h>

#include "core/scratch.h"
#include "formula/rainflow.h"
#include "formula/storage.h"
#include "surgetank/settings.h"
#include "surgetank/site.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct st_stage_task {
    const st_stage *stage;  /* borrowed */
    st_storage_model model; /* linear: the response without any limit; ramp counts as smooth */
    int64_t period_ns;
    double prime_tau_s;   /* of L0 */
    double temperature_k; /* of the cells */
} st_stage_task;

/* What the stage went through, over all samples of the held series (valid or not). */
typedef struct st_stage_record {
    double prime_w; /* L0; NaN when no sample is valid */
    double soc_min, soc_mean, soc_max;
    double power_min_w, power_mean_w, power_max_w; /* > 0 discharges */
    double clip_power_s, clip_energy_s;
    double load_j, draw_j;   /* energy in the held load, and in the draw behind it */
    double stored_j, loss_j; /* draw_j - load_j = stored_j + loss_j */
    double throughput_j;     /* sum |p| dt */
    double equivalent_full_cycles;
    double rainflow_count[ST_DEPTH_BINS];
    double rainflow_depth[ST_DEPTH_BINS]; /* mean depth in the bin, NaN when empty */
    double fade_per_year;                 /* share of the capacity */
    bool fade_extrapolated;               /* outside the range that the fade was fitted for */
    double burnt_j;                       /* by GPU power smoothing, above the load; else NaN */
    double held_back_s;                   /* likewise: time with the draw below the load */
} st_stage_record;

/* What a stage does to a sample; with the linear model, nothing limits it. */
st_storage st_stage_storage(const st_stage *stage, double dt_s, st_storage_model model);

/* What the grid gave beyond the load is in the battery or lost: checked on every run. ST_INTERNAL
 * when the energies of the record do not add up to 1e-9 of |load_j| + throughput_j. */
st_status st_stage_check_balance(st_context *ctx, const st_stage *stage,
                                 const st_stage_record *record);

/* Notices of what a reader of the record should know. */
void st_stage_tell(st_context *ctx, const st_stage *stage, st_storage_model model,
                   const st_stage_record *record);

/* load, draw: [samples], W, NaN = invalid; the draw may be the same series as the load. An invalid
 * sample is seen as the last valid one, before the first valid one as that one, and is invalid in
 * the draw. ST_INTERNAL when st_stage_check_balance says so. */
st_status st_respond_stage(st_context *ctx, const st_stage_task *task, const st_series *load,
                           const st_series *draw, st_stage_record *record);

#ifdef __cplusplus
}
#endif
#endif
