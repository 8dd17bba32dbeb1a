/* battery.h - the storage stages of a site in series, in the listed order.
 * What the engine calls between the load and the draw; knows neither traces nor rules. */
#ifndef ST_RESPOND_BATTERY_H
#define ST_RESPOND_BATTERY_H

#include "core/scratch.h"
#include "model/result.h"
#include "respond/stage.h"
#include "surgetank/settings.h"
#include "surgetank/site.h"

#ifdef __cplusplus
extern "C" {
#endif

/* load -> the stages that stand at the site, in order -> draw. Both series: [samples], W, NaN =
 * invalid; they may not be the same. Without such a stage the draw is a copy of the load. Fills row
 * s of every column of `columns` that has an array (the names are the engine's); columns may be
 * NULL. */
st_status st_respond_battery(st_context *ctx, const st_stage *stages, size_t n_stages,
                             const st_settings *settings, int64_t period_ns, const st_series *load,
                             const st_series *draw, st_battery_columns *columns);

/* Writes one record into row `stage` of the columns that have an array. */
void st_battery_fill(st_battery_columns *columns, size_t stage, const st_stage_record *record);

#ifdef __cplusplus
}
#endif
#endif
