/* rack_stages.h - the stages between the racks and their sum, before and after the pass that carries
 * every rack through them: what each rack starts from, and what the stages went through.
 * Beside battery.h, which does the same for the site; the pass itself is a backend's. */
#ifndef ST_RESPOND_RACK_STAGES_H
#define ST_RESPOND_RACK_STAGES_H

#include "model/backend.h"
#include "respond/stage.h"
#include "surgetank/settings.h"
#include "surgetank/site.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct st_rack_stages {
    st_rack_storage racks;  /* what a plan points to */
    const st_stage **stage; /* [racks.stages], of the site, in order */
    st_storage_model model;
    double temperature_k; /* of the cells */
    st_arena arena;       /* owns the arrays */
} st_rack_stages;

/* Stages of the site that stand at the racks. */
size_t st_rack_stages_count(const st_site *site);

/* Reads the record from its start as far as the stages' starting levels need it (METHODS 6): tau of
 * a stage, once for every stage. The site has at least one stage at the racks and is borrowed. */
st_status st_rack_stages_open(st_context *ctx, const st_site *site, const st_settings *settings,
                              const st_plan *plan, const st_source *source, st_rack_stages *stages);
/* Also after a failed open. */
void st_rack_stages_close(st_rack_stages *stages);

/* The record of stage `s`, over the racks that have a valid sample: sums of W and J, extremes and
 * mean of the charge, means of seconds, cycles and fade, sums of cycle counts. ST_INTERNAL when the
 * energies do not add up. */
st_status st_rack_stages_record(st_context *ctx, const st_rack_stages *stages, const st_plan *plan,
                                const st_rack_sums *sums, size_t s, st_stage_record *record);

#ifdef __cplusplus
}
#endif
#endif
