/* respond.c - the narrow stage that turns the load into what the grid sees: the site's storage
 * stages in series, or one measured impulse response in their place. */
#include "detect/point.h"
#include "engine/run.h"
#include "io/impulse.h"
#include "respond/battery.h"
#include "respond/impulse.h"

/* The columns of `stages` storage stages with these names. */
static st_status take_stages(st_context *ctx, st_run *run, size_t stages, const char ***names)
{
    void *block;
    run->result.size[ST_AXIS_STAGE] = stages;
    run->result.size[ST_AXIS_DEPTH] = ST_DEPTH_BINS;
    ST_TRY(st_columns_take(ctx, &run->columns, stages, sizeof(char *), "stage names", &block));
    *names = block;
    run->result.battery.stage = block;
    return st_columns_allocate(ctx, &run->columns, "battery", &run->result);
}

static st_status respond_stages(st_context *ctx, st_run *run)
{
    const st_site *site = run->asked->site;
    const size_t stages = site != NULL ? site->n_stages : 0;
    const char **names;
    if (stages > 0) {
        ST_TRY(take_stages(ctx, run, stages, &names));
        for (size_t s = 0; s < stages; s++) {
            names[s] = site->stages[s].name;
        }
    }
    return st_respond_battery(ctx, stages > 0 ? site->stages : NULL, stages, &run->settings,
                              run->plan->period_ns, &run->load, &run->draw, &run->result.battery);
}

static st_status respond_impulse(st_context *ctx, st_run *run)
{
    st_status status = ST_OK;
    double *h = NULL;
    st_stage_record record;
    st_exec *exec = NULL;
    const char **names;
    st_impulse impulse = {.convolve = run->backend->respond};
    ST_GOTO(status, st_impulse_read(ctx, run->asked->impulse, run->plan->period_ns,
                                    run->plan->samples, &h, &impulse.taps));
    ST_GOTO(status, take_stages(ctx, run, 1, &names));
    names[0] = ST_IMPULSE_NAME;
    ST_GOTO(status, run->backend->open(ctx, run->plan, &exec));
    impulse.h = h;
    impulse.exec = exec;
    ST_GOTO(status, st_respond_impulse(ctx, &impulse, run->plan->period_ns, &run->load, &run->draw,
                                       &record));
    st_battery_fill(&run->result.battery, 0, &record);
done:
    run->backend->close(exec);
    st_free(h);
    return status;
}

st_status st_run_respond(st_context *ctx, st_run *run)
{
    const int64_t samples = run->plan->samples;
    ST_TRY(st_progress(ctx, "respond", 0.0, (double)samples, "samples"));
    ST_TRY(st_series_reserve(ctx, run->scratch, samples, &run->draw));
    ST_TRY(run->asked->impulse != NULL ? respond_impulse(ctx, run) : respond_stages(ctx, run));
    ST_TRY(st_columns_allocate(ctx, &run->columns, "draw", &run->result));
    return st_point_describe(ctx, run->plan, &run->draw, &run->result, ST_POINT_DRAW);
}
