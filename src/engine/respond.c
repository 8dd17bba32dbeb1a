/* respond.c - the narrow stage that turns the load into what the grid sees: the site's storage
 * stages in series, or one measured impulse response in their place. */
#include "engine/run.h"
#include "io/impulse.h"
#include "respond/battery.h"
#include "respond/impulse.h"

/* The battery columns: a row for every stage of the site, in its order; with an impulse response,
 * one for that in place of the stages at the site. Those at the racks are done. */
static st_status take_rows(st_context *ctx, st_run *run, bool impulse)
{
    const st_site *site = run->asked->site;
    const size_t stages = site != NULL ? site->n_stages : 0;
    const size_t rows = impulse ? run->rack_stages.racks.stages + 1 : stages;
    void *block;
    size_t row = 0, rack = 0;
    if (rows == 0) {
        return ST_OK;
    }
    run->result.size[ST_AXIS_STAGE] = rows;
    run->result.size[ST_AXIS_DEPTH] = ST_DEPTH_BINS;
    ST_TRY(st_columns_take(ctx, &run->columns, rows, sizeof(char *), "stage names", &block));
    ST_TRY(st_columns_allocate(ctx, &run->columns, "battery", &run->result));
    const char **names = block;
    for (size_t s = 0; s < stages; s++) {
        if (site->stages[s].place == ST_PLACE_RACK) {
            st_battery_fill(&run->result.battery, row, &run->rack_record[rack++]);
        } else if (impulse) {
            continue;
        }
        names[row++] = site->stages[s].name;
    }
    if (impulse) {
        names[row] = ST_IMPULSE_NAME;
    }
    run->result.battery.stage = names;
    return ST_OK;
}

static st_status respond_stages(st_context *ctx, st_run *run)
{
    const st_site *site = run->asked->site;
    ST_TRY(take_rows(ctx, run, false));
    return st_respond_battery(ctx, site != NULL ? site->stages : NULL,
                              site != NULL ? site->n_stages : 0, &run->settings,
                              run->plan->period_ns, &run->seen, &run->draw, &run->result.battery);
}

static st_status respond_impulse(st_context *ctx, st_run *run)
{
    st_status status = ST_OK;
    double *h = NULL;
    st_stage_record record;
    st_exec *exec = NULL;
    st_impulse impulse = {.convolve = run->backend->respond};
    ST_GOTO(status, st_impulse_read(ctx, run->asked->impulse, run->plan->period_ns,
                                    run->plan->samples, &h, &impulse.taps));
    ST_GOTO(status, take_rows(ctx, run, true));
    ST_GOTO(status, run->backend->open(ctx, run->plan, &exec));
    impulse.h = h;
    impulse.exec = exec;
    ST_GOTO(status, st_respond_impulse(ctx, &impulse, run->plan->period_ns, &run->seen, &run->draw,
                                       &record));
    st_battery_fill(&run->result.battery, run->result.size[ST_AXIS_STAGE] - 1, &record);
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
    return run->asked->impulse != NULL ? respond_impulse(ctx, run) : respond_stages(ctx, run);
}
