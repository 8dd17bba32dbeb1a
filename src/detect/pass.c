/* pass.c - drives a backend over a record. */
#include "detect/pass.h"

#include <string.h>

/* One row per array of st_rack_sums: its place and its elements per rack. */
static st_status take_sums(st_context *ctx, const st_plan *plan, st_rack_sums *sums)
{
    const size_t fast = (size_t)plan->fast.n / 2 + 1, slow = (size_t)plan->slow.n / 2 + 1;
    const size_t stages = plan->rack_storage != NULL ? plan->rack_storage->stages : 0;
    const struct {
        void *array; /* of the pointer to fill */
        size_t per_rack, size;
    } rows[] = {
        {&sums->power_fast, fast, sizeof(double)},
        {&sums->power_slow, slow, sizeof(double)},
        {&sums->frames_used, 1, sizeof(int64_t)},
        {&sums->frames_flagged, 1, sizeof(int64_t)},
        {&sums->frames_dropped, 1, sizeof(int64_t)},
        {&sums->slow_used, 1, sizeof(int64_t)},
        {&sums->valid, 1, sizeof(int64_t)},
        {&sums->mean_w, 1, sizeof(double)},
        {&sums->m2_w2, 1, sizeof(double)},
        {&sums->min_w, 1, sizeof(double)},
        {&sums->max_w, 1, sizeof(double)},
        {&sums->ramp_w, 2 * ST_RAMP_WINDOWS, sizeof(double)},
        {&sums->step_w, 1, sizeof(double)},
        {&sums->duty, stages, sizeof(st_rack_duty)},
        {&sums->cycle_count, stages * ST_DEPTH_BINS, sizeof(double)},
        {&sums->cycle_depth, stages * ST_DEPTH_BINS, sizeof(double)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t count;
        void *block;
        if (!st_multiply(plan->racks, rows[i].per_rack, &count)) {
            return st_fail(ctx, ST_MEMORY, "sums of %zu racks do not fit", plan->racks);
        }
        ST_TRY(st_alloc(ctx, count, rows[i].size, "the sums of a pass", &block));
        memcpy(rows[i].array, &block, sizeof block);
    }
    return ST_OK;
}

void st_pass_close(st_pass *pass)
{
    st_rack_sums *s = &pass->sums;
    void *const blocks[] = {s->power_fast,     s->power_slow, s->frames_used, s->frames_flagged,
                            s->frames_dropped, s->slow_used,  s->valid,       s->mean_w,
                            s->m2_w2,          s->min_w,      s->max_w,       s->ramp_w,
                            s->step_w,         s->duty,       s->cycle_count, s->cycle_depth};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        st_free(blocks[i]);
    }
    *s = (st_rack_sums){0};
}

static st_status take_tile(st_context *ctx, const st_plan *plan, st_tile_result *result)
{
    void *sum, *valid, *seen, *features;
    const size_t samples = (size_t)plan->tile_samples;
    size_t count;
    /* A tile emits its own frames and at most a pair left over from the tile before. */
    const size_t frames = samples / (size_t)plan->fast.hop + 4;
    if (!st_multiply(plan->racks, frames * plan->n_features, &count)) {
        return st_fail(ctx, ST_MEMORY, "features of %zu racks do not fit", plan->racks);
    }
    ST_TRY(st_alloc(ctx, samples, sizeof(double), "the load of a tile", &sum));
    result->sum_w = sum;
    ST_TRY(st_alloc(ctx, samples, sizeof(uint32_t), "the load of a tile", &valid));
    result->valid = valid;
    if (plan->rack_storage != NULL) {
        ST_TRY(st_alloc(ctx, samples, sizeof(double), "the load of a tile", &seen));
        result->seen_w = seen;
    }
    ST_TRY(st_alloc(ctx, count, sizeof(float), "the features of a tile", &features));
    result->features = features;
    return ST_OK;
}

/* Whoever has made features writes them, while the others make theirs. */
static st_status keep_features(st_context *ctx, void *user, const st_tile_result *result,
                               size_t first_rack, size_t racks)
{
    const st_pass *pass = user;
    return st_features_write(ctx, &pass->features, result, first_rack, racks);
}

static st_status run_tile(st_context *ctx, st_pass *pass, st_exec *exec, const st_tile *tile,
                          st_tile_result *result)
{
    const st_plan *plan = pass->plan;
    const int64_t end = tile->first + (int64_t)tile->samples;
    result->first_frame = st_plan_frames_until(plan, tile->first);
    result->frames = (size_t)(st_plan_frames_until(plan, end) - result->first_frame);
    result->frame_capacity = result->frames; /* no room between the rows: they are kept as one */
    ST_TRY(pass->backend->detect(ctx, exec, &pass->source, tile, result));
    if (pass->on_tile != NULL) {
        ST_TRY(pass->on_tile(ctx, pass->user, tile, result));
    }
    const double bytes = (double)plan->racks * sizeof(float);
    return st_progress(ctx, pass->stage, (double)end * bytes, (double)plan->samples * bytes,
                       "bytes");
}

st_status st_pass_run(st_context *ctx, st_scratch *scratch, st_pass *pass)
{
    const st_plan *plan = pass->plan;
    st_status status = ST_OK;
    st_exec *exec = NULL;
    st_tile_result result = {.on_racks = keep_features, .user = pass};
    pass->sums = (st_rack_sums){0};
    ST_GOTO(status, st_features_reserve(ctx, scratch, plan, &pass->features));
    ST_GOTO(status, take_sums(ctx, plan, &pass->sums));
    ST_GOTO(status, take_tile(ctx, plan, &result));
    ST_GOTO(status, pass->backend->open(ctx, plan, &exec));
    for (int64_t first = 0; first < plan->samples; first += plan->tile_samples) {
        const int64_t left = plan->samples - first;
        const st_tile tile = {first,
                              (size_t)(left < plan->tile_samples ? left : plan->tile_samples)};
        ST_GOTO(status, run_tile(ctx, pass, exec, &tile, &result));
    }
    ST_GOTO(status, pass->backend->collect(ctx, exec, &pass->sums));
done:
    pass->backend->close(exec);
    st_free(result.sum_w);
    st_free(result.valid);
    st_free(result.seen_w);
    st_free(result.features);
    return status;
}
