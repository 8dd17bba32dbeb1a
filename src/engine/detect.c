/* detect.c - the wide stage of a run: one pass over the racks, which leaves their columns and the
 * load; one pass over the load as a record of one rack; then events from both. */
#include <math.h>

#include "detect/coherence.h"
#include "detect/events.h"
#include "detect/pass.h"
#include "detect/point.h"
#include "detect/racks.h"
#include "engine/run.h"

/* The load as it comes, tile by tile. */
typedef struct load_state {
    st_run *run;
    double *load_w; /* [tile_samples] */
    double *seen_w; /* likewise, behind the stages at the racks */
    double scale;
    int64_t valid;
} load_state;

/* load[n] = (sum of valid racks) x R / R_valid[n], scaled to the site where that is R'/R for mean
 * and swing alike; invalid where fewer than half the racks are valid. */
static st_status take_load(st_context *ctx, void *user, const st_tile *tile,
                           const st_tile_result *result)
{
    load_state *state = user;
    st_run *run = state->run;
    const double racks = (double)run->plan->racks;
    const bool stages = run->plan->rack_storage != NULL;
    for (size_t i = 0; i < tile->samples; i++) {
        const double valid = (double)result->valid[i];
        double load_w = (double)NAN, seen_w = (double)NAN;
        if (valid > 0.0 && 2.0 * valid >= racks) {
            load_w = result->sum_w[i] * (racks / valid) * state->scale;
            seen_w = stages ? result->seen_w[i] * (racks / valid) * state->scale : load_w;
            run->first_w = state->valid++ == 0 ? load_w : run->first_w;
            run->peak_w = load_w > run->peak_w ? load_w : run->peak_w;
        }
        state->load_w[i] = load_w;
        state->seen_w[i] = seen_w;
    }
    if (stages) {
        ST_TRY(st_series_write(ctx, &run->seen, tile->first, tile->samples, state->seen_w));
    }
    return st_series_write(ctx, &run->load, tile->first, tile->samples, state->load_w);
}

/* The load as a record of one rack: float32 relative to its first valid sample. */
typedef struct load_source {
    const st_series *load;
    double offset_w;
} load_source;

static st_status load_read(const void *state, st_context *ctx, size_t first_rack, size_t racks,
                           int64_t first, size_t samples, float *out_w, size_t stride)
{
    enum { BLOCK = 2048 };
    const load_source *source = state;
    double block[BLOCK];
    (void)first_rack, (void)racks, (void)stride; /* there is one row */
    for (size_t done = 0; done < samples;) {
        const size_t n = samples - done < BLOCK ? samples - done : BLOCK;
        ST_TRY(st_series_read(ctx, source->load, first + (int64_t)done, n, block));
        for (size_t i = 0; i < n; i++) {
            out_w[done + i] = (float)(block[i] - source->offset_w);
        }
        done += n;
    }
    return ST_OK;
}

/* Below this many frames the quantiles of event detection (METHODS 5) rest on too few. */
enum { ENOUGH_FRAMES = 100 };

static void warn_of_few_frames(st_context *ctx, const st_plan *plan)
{
    if (plan->fast.frames < ENOUGH_FRAMES) {
        st_notice(ctx,
                  "the record has %lld frames of %d samples; with fewer than %d single events may "
                  "be missed (a smaller knob `frame` makes more of them)",
                  (long long)plan->fast.frames, plan->fast.n, ENOUGH_FRAMES);
    }
}

static st_status pass_racks(st_context *ctx, st_run *run, st_pass *pass)
{
    void *load, *seen;
    const size_t tile = (size_t)run->plan->tile_samples;
    load_state state = {.run = run, .scale = run->swing_later ? 1.0 : run->scale};
    ST_TRY(st_columns_take(ctx, &run->columns, tile, sizeof(double), "the load of a tile", &load));
    ST_TRY(st_columns_take(ctx, &run->columns, tile, sizeof(double), "the load of a tile", &seen));
    state.load_w = load;
    state.seen_w = seen;
    run->peak_w = -(double)INFINITY;
    *pass = (st_pass){.backend = run->backend,
                      .plan = run->plan,
                      .source = st_run_source(run),
                      .stage = "detect",
                      .on_tile = take_load,
                      .user = &state};
    ST_TRY(st_pass_run(ctx, run->scratch, pass));
    if (state.valid == 0) {
        return st_fail(
            ctx, ST_FORMAT,
            "%s: found no time at which half of the %zu racks are valid in %lld samples; "
            "at least one is needed",
            run->trace->paths[0], run->plan->racks, (long long)run->plan->samples);
    }
    run->coverage = (double)state.valid / (double)run->plan->samples;
    return ST_OK;
}

static st_status find_events(st_context *ctx, st_run *run, const st_plan *plan, const st_pass *pass,
                             int64_t first_rack, st_event_list *list)
{
    const st_event_input input = {.plan = plan,
                                  .settings = &run->settings,
                                  .features = &pass->features,
                                  .sums = &pass->sums,
                                  .source = pass->source,
                                  .first_rack = first_rack,
                                  .stage = first_rack < 0 ? "events (load)" : "events"};
    return st_events_find(ctx, &input, list);
}

/* The load as one more row, of a record of one rack. */
typedef struct load_row {
    load_source source;
    double offset_w;
    st_plan *plan;
    st_pass pass;
} load_row;

static st_status pass_load(st_context *ctx, st_run *run, const char *stage, load_row *row)
{
    st_trace_info info = *run->trace;
    *row = (load_row){.source = {&run->load, run->first_w}, .offset_w = run->first_w};
    info.racks = 1;
    info.offset_w = &row->offset_w;
    info.step_w = 0.0;
    ST_TRY(st_plan_create(ctx, &info, &run->settings, &row->plan));
    row->pass = (st_pass){.backend = run->backend,
                          .plan = row->plan,
                          .source = {&row->source, load_read},
                          .stage = stage};
    return st_pass_run(ctx, run->scratch, &row->pass);
}

static void close_load(load_row *row)
{
    st_pass_close(&row->pass);
    st_plan_destroy(row->plan);
}

/* Band RMS of the sum of racks, by the racks' own frames and decimation; against the racks' it
 * gives kappa. The load is the sum times `scale`. */
static st_status measure_coherence(st_context *ctx, st_run *run, const load_row *row, double scale)
{
    st_columns columns = {0};
    st_result sum = run->result;
    st_status status = ST_OK;
    sum.size[ST_AXIS_RACK] = 1;
    ST_GOTO(status, st_columns_allocate(ctx, &columns, "racks", &sum));
    ST_GOTO(status, st_racks_finish(ctx, row->plan, &row->pass.sums, &sum));
    for (size_t b = 0; b < row->plan->n_bands; b++) {
        sum.racks.band_rms_w[b] /= scale;
    }
    st_coherence(sum.racks.band_rms_w, run->result.racks.band_rms_w, run->plan->racks,
                 row->plan->n_bands, run->result.bands.kappa);
    st_run_tell_scaling(run);
done:
    st_columns_close(&columns);
    return status;
}

/* How far the racks swing together is known before the load is the site's. */
static st_status scale_load(st_context *ctx, st_run *run)
{
    st_status status = ST_OK;
    load_row row = {.plan = NULL};
    if (!run->swing_later) {
        return ST_OK;
    }
    ST_GOTO(status, pass_load(ctx, run, "coherence", &row));
    ST_GOTO(status, measure_coherence(ctx, run, &row, 1.0));
    ST_GOTO(status, st_run_scale(ctx, run));
done:
    close_load(&row);
    return status;
}

/* The racks' own spectra give coherence, their own detector events. */
static st_status detect_load(st_context *ctx, st_run *run, st_event_list *list)
{
    st_status status = ST_OK;
    load_row row = {.plan = NULL};
    ST_GOTO(status, pass_load(ctx, run, "detect (load)", &row));
    if (!run->swing_later) {
        ST_GOTO(status, measure_coherence(ctx, run, &row, run->scale));
    }
    ST_GOTO(status, find_events(ctx, run, row.plan, &row.pass, -1, list));
done:
    close_load(&row);
    return status;
}

static st_status take_events(st_context *ctx, st_run *run, st_event_list *list)
{
    ST_TRY(st_events_finish(ctx, list));
    run->result.size[ST_AXIS_EVENT] = st_events_count(list);
    ST_TRY(st_columns_allocate(ctx, &run->columns, "events", &run->result));
    st_events_store(list, &run->result.events);
    return ST_OK;
}

static void size_axes(st_run *run)
{
    const st_plan *plan = run->plan;
    size_t *size = run->result.size;
    size[ST_AXIS_ONE] = 1;
    size[ST_AXIS_UPDOWN] = 2;
    size[ST_AXIS_RACK] = plan->racks;
    size[ST_AXIS_FREQ] = (size_t)plan->fast.n / 2 + 1;
    size[ST_AXIS_FREQ_SLOW] = (size_t)plan->slow.n / 2 + 1;
    size[ST_AXIS_BAND] = plan->n_bands;
    size[ST_AXIS_WINDOW] = ST_RAMP_WINDOWS;
    st_point_sizes(plan, size);
}

/* Names of racks and bands are borrowed: from the trace, and from the plan. */
static st_status name_rows(st_context *ctx, st_run *run)
{
    void *block;
    const st_plan *plan = run->plan;
    ST_TRY(
        st_columns_take(ctx, &run->columns, plan->n_bands, sizeof(char *), "band names", &block));
    const char **names = block;
    for (size_t b = 0; b < plan->n_bands; b++) {
        names[b] = plan->bands[b].name;
        run->result.bands.low_hz[b] = plan->bands[b].low_hz;
        run->result.bands.high_hz[b] = plan->bands[b].high_hz;
    }
    run->result.bands.name = names;
    run->result.racks.name = run->trace->rack_names;
    return ST_OK;
}

st_status st_run_detect(st_context *ctx, st_run *run)
{
    st_status status = ST_OK;
    st_pass pass = {0};
    st_event_list *list = NULL;
    size_axes(run);
    warn_of_few_frames(ctx, run->plan);
    ST_GOTO(status, st_run_open_racks(ctx, run));
    ST_GOTO(status, pass_racks(ctx, run, &pass));
    ST_GOTO(status, st_run_record_racks(ctx, run, &pass.sums));
    ST_GOTO(status, st_columns_allocate(ctx, &run->columns, "racks", &run->result));
    ST_GOTO(status, name_rows(ctx, run));
    ST_GOTO(status, st_racks_finish(ctx, run->plan, &pass.sums, &run->result));
    ST_GOTO(status, st_columns_allocate(ctx, &run->columns, "coherence", &run->result));
    ST_GOTO(status, scale_load(ctx, run));
    ST_GOTO(status, st_event_list_open(ctx, run->settings.max_events, &list));
    ST_GOTO(status, find_events(ctx, run, run->plan, &pass, 0, list));
    ST_GOTO(status, detect_load(ctx, run, list));
    ST_GOTO(status, take_events(ctx, run, list));
done:
    st_event_list_close(list);
    st_pass_close(&pass);
    return status;
}
