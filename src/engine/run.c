/* run.c - the sentence: read -> detect -> respond -> assess -> write.
 * It knows the order of the stages and nothing of how they are done. */
#include "engine/run.h"

#include <string.h>

#include "engine/backends.h"
#include "io/write.h"
#include "model/site_rules.h"
#include "model/unit.h"

/* Before hours of work, not after: a limit in percent of the nominal power needs a site. */
static st_status check_limits(st_context *ctx, const st_run *run)
{
    const st_limits *limits = run->asked->limits;
    for (size_t r = 0; limits != NULL && run->asked->site == NULL && r < limits->n_rules; r++) {
        const st_rule *rule = &limits->rules[r];
        for (size_t l = 0; l < rule->n_limits; l++) {
            if (st_unit_needs_nominal(rule->limits[l].unit)) {
                return st_fail(ctx, ST_ARGUMENT,
                               "rule %s: a limit in %s needs the nominal power of a site (--site)",
                               rule->id, st_unit_name(rule->limits[l].unit));
            }
        }
    }
    return ST_OK;
}

/* The folder that the summary goes to takes the scratch file too. */
static st_status open_scratch(st_context *ctx, st_run *run)
{
    char *folder;
    ST_TRY(st_copy_text(ctx, run->asked->output, &folder));
    char *slash = strrchr(folder, '/');
    const char *where = ".";
    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
        where = folder;
    }
    const st_status status = st_scratch_open(ctx, where, &run->scratch);
    st_free(folder);
    return status;
}

st_status st_run_open(st_context *ctx, st_run *run)
{
    const st_analysis *asked = run->asked;
    if (asked->settings != NULL) {
        run->settings = *asked->settings;
    } else {
        st_settings_default(&run->settings);
    }
    run->trace = st_trace_describe(asked->trace);
    run->site_racks = asked->site != NULL ? asked->site->racks : (int64_t)run->trace->racks;
    run->scale = (double)run->site_racks / (double)run->trace->racks;
    run->swing_later = asked->site != NULL && asked->site->replicate != ST_REPLICATE_LOCKSTEP &&
                       run->site_racks != (int64_t)run->trace->racks;
    ST_TRY(check_limits(ctx, run));
    ST_TRY(st_summary_check_target(ctx, asked->output, run->trace->paths, run->trace->files));
    ST_TRY(st_backend_choose(ctx, asked->backend, &run->backend));
    ST_TRY(st_plan_create(ctx, run->trace, &run->settings, &run->plan));
    ST_TRY(open_scratch(ctx, run));
    ST_TRY(st_series_reserve(ctx, run->scratch, run->plan->samples, &run->load));
    if (asked->site != NULL) {
        ST_TRY(st_site_rules(ctx, asked->site, &run->site_rules));
    }
    return ST_OK;
}

void st_run_close(st_run *run)
{
    st_limits_destroy(run->site_rules);
    st_arena_close(&run->texts);
    st_columns_close(&run->columns);
    st_scratch_close(run->scratch);
    st_rack_stages_close(&run->rack_stages);
    st_plan_destroy(run->plan);
}

st_status st_analyze(st_context *ctx, const st_analysis *analysis)
{
    st_status status = ST_OK;
    st_run run = {.asked = analysis};
    ST_GOTO(status, st_run_open(ctx, &run));
    ST_GOTO(status, st_run_detect(ctx, &run));
    ST_GOTO(status, st_run_respond(ctx, &run));
    ST_GOTO(status, st_run_assess(ctx, &run));
    ST_GOTO(status, st_run_write(ctx, &run));
done:
    st_run_close(&run);
    return status;
}
