/* run.h - one run of the sentence: what it was asked, what it holds, what it found.
 * Private to the engine; each stage is one file named after its word. */
#ifndef ST_ENGINE_RUN_H
#define ST_ENGINE_RUN_H

#include "core/scratch.h"
#include "engine/columns.h"
#include "model/backend.h"
#include "model/result.h"
#include "respond/rack_stages.h"
#include "surgetank/analysis.h"

typedef struct st_run {
    const st_analysis *asked;
    st_settings settings;
    const st_trace_info *trace;
    const st_backend *backend;
    st_plan *plan;
    st_scratch *scratch;

    /* narrow data, W, at the point of interconnection; NaN where invalid */
    st_series load;   /* scaled to the site, before any storage */
    st_series seen;   /* by the site's stages: the load behind the stages at the racks */
    st_series draw;   /* after all stages; a copy of the load when there are none */
    double scale;     /* R'/R */
    bool swing_later; /* the swing does not grow in lock-step: the racks' pass leaves the load as it
                       * was recorded, and st_run_scale makes it the site's */
    int64_t site_racks;
    double coverage; /* valid share of the load */
    double first_w;  /* first valid load */
    double peak_w;   /* largest valid load */

    st_rack_stages rack_stages;   /* none: racks.stages is 0 */
    st_stage_record *rack_record; /* [racks.stages], owned by the columns */

    st_limits *site_rules; /* from the site's generation, or NULL */
    st_columns columns;    /* owns every array of the result */
    st_arena texts;        /* owns the reasons of the verdicts */
    st_result result;
} st_run;

/* Checks the call, plans, opens the scratch file; run->asked is set. */
st_status st_run_open(st_context *ctx, st_run *run);
/* Also after a failed open. */
void st_run_close(st_run *run);

/* read -> detect: per-rack columns, the load, events. */
st_status st_run_detect(st_context *ctx, st_run *run);
/* A part of it, with /coherence/kappa there: correlation and gain of each band. */
void st_run_tell_scaling(st_run *run);
/* And, where run->swing_later: the load becomes the site's. */
st_status st_run_scale(st_context *ctx, st_run *run);
/* The site's storage stages, in series: draw and the battery columns. */
st_status st_run_respond(st_context *ctx, st_run *run);
/* Spectra and envelopes of load and draw; a verdict for every rule at both points. */
st_status st_run_assess(st_context *ctx, st_run *run);
/* Provenance and the file. */
st_status st_run_write(st_context *ctx, st_run *run);

/* ---- parts of detect ---- */

/* The recording as a backend reads it. */
st_source st_run_source(const st_run *run);
/* Where the racks start in the stages that stand at them; without any, the site sees the load. */
st_status st_run_open_racks(st_context *ctx, st_run *run);
/* What those stages went through. */
st_status st_run_record_racks(st_context *ctx, st_run *run, const st_rack_sums *sums);

#endif
