/* rack_stages.c - a part of detect: the stages at the racks, around the pass that carries every rack
 * through them. */
#include "engine/run.h"

static st_status trace_read(const void *trace, st_context *ctx, size_t first_rack, size_t racks,
                            int64_t first, size_t samples, float *out_w, size_t stride)
{
    return st_trace_read(trace, ctx, first_rack, racks, first, samples, out_w, stride);
}

st_source st_run_source(const st_run *run)
{
    return (st_source){run->asked->trace, trace_read};
}

st_status st_run_open_racks(st_context *ctx, st_run *run)
{
    const st_site *site = run->asked->site;
    const st_source source = st_run_source(run);
    run->seen = run->load;
    if (st_rack_stages_count(site) == 0) {
        return ST_OK;
    }
    ST_TRY(st_rack_stages_open(ctx, site, &run->settings, run->plan, &source, &run->rack_stages));
    run->plan->rack_storage = &run->rack_stages.racks;
    return st_series_reserve(ctx, run->scratch, run->plan->samples, &run->seen);
}

st_status st_run_record_racks(st_context *ctx, st_run *run, const st_rack_sums *sums)
{
    const size_t stages = run->rack_stages.racks.stages;
    void *block;
    run->plan->rack_storage = NULL; /* the racks are done with them */
    ST_TRY(st_columns_take(ctx, &run->columns, stages, sizeof(st_stage_record),
                           "the stages at the racks", &block));
    run->rack_record = block;
    for (size_t s = 0; s < stages; s++) {
        ST_TRY(st_rack_stages_record(ctx, &run->rack_stages, run->plan, sums, s,
                                     &run->rack_record[s]));
    }
    return ST_OK;
}
