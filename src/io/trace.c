/* trace.c - an opened trace: its files, what it says of itself, and its offsets.
 * read: the public face of this room. */
#include "io/trace.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

enum {
    OFFSET_SAMPLES = 16384, /* among which the first valid one gives a rack's offset */
    OFFSET_QUICK = 64,      /* looked at first: nearly every rack has one there */
    OFFSET_RACKS = 64
};
static const uint64_t cache_least = (uint64_t)16 << 20, cache_most = (uint64_t)256 << 20;

static st_status check_options(st_context *ctx, const st_trace_options *options, size_t n_paths)
{
    if (n_paths == 0) {
        return st_fail(ctx, ST_ARGUMENT, "no trace was named; allowed: one file or more");
    }
    if (options->time_axis < -1 || options->time_axis > 1) {
        return st_fail(ctx, ST_ARGUMENT, "the time axis is %d; allowed: 0 or 1, -1 = ask the file",
                       options->time_axis);
    }
    if (options->period_ns < 0) {
        return st_fail(ctx, ST_ARGUMENT, "the period is %lld ns; allowed: more than 0",
                       (long long)options->period_ns);
    }
    return ST_OK;
}

static st_status open_files(st_context *ctx, const char *const *paths, size_t n,
                            const st_trace_options *options, st_trace *trace)
{
    for (size_t i = 0; i < n; i++) {
        ST_TRY(st_check_input(ctx, paths[i], NULL));
    }
    for (size_t i = 0; i < n; i++) {
        ST_TRY(st_trace_file_open(ctx, paths[i], options, &trace->parts[i].file));
        trace->n++;
    }
    return ST_OK;
}

/* --- what it says of itself ------------------------------------------------------------------ */

/* Files one after the other hold the same racks, so the first one that says something counts. */
static void take_racks(st_trace *trace, const st_trace_part *part, bool groups, bool ratings)
{
    const st_trace_file *file = &part->file;
    for (size_t r = 0; r < file->racks; r++) {
        const size_t to = part->first_rack + r;
        trace->names[to] = trace->names[to] != NULL ? trace->names[to] : file->rack_names[r];
        if (groups && file->rack_groups != NULL && trace->groups[to] == NULL) {
            trace->groups[to] = file->rack_groups[r];
        }
        if (ratings && file->rack_rating_w != NULL && isnan(trace->ratings[to])) {
            trace->ratings[to] = file->rack_rating_w[r];
        }
    }
}

static st_status gather_racks(st_context *ctx, st_trace *trace, size_t racks)
{
    bool groups = false, ratings = false;
    for (size_t i = 0; i < trace->n; i++) {
        groups = groups || trace->parts[i].file.rack_groups != NULL;
        ratings = ratings || trace->parts[i].file.rack_rating_w != NULL;
    }
    void *block;
    ST_TRY(st_alloc(ctx, racks, sizeof(char *), "rack names", &block));
    trace->names = block;
    ST_TRY(st_alloc(ctx, racks, sizeof(double), "rack offsets", &block));
    trace->offsets = block;
    if (groups) {
        ST_TRY(st_alloc(ctx, racks, sizeof(char *), "rack groups", &block));
        trace->groups = block;
    }
    if (ratings) {
        ST_TRY(st_alloc(ctx, racks, sizeof(double), "rack ratings", &block));
        trace->ratings = block;
        for (size_t r = 0; r < racks; r++) {
            trace->ratings[r] = NAN;
        }
    }
    for (size_t i = 0; i < trace->n; i++) {
        take_racks(trace, &trace->parts[i], groups, ratings);
    }
    for (size_t r = 0; groups && r < racks; r++) {
        trace->groups[r] = trace->groups[r] != NULL ? trace->groups[r] : "";
    }
    return ST_OK;
}

static st_status describe(st_context *ctx, st_trace *trace, const st_trace_grid *grid)
{
    void *block;
    ST_TRY(gather_racks(ctx, trace, grid->racks));
    ST_TRY(st_alloc(ctx, trace->n, sizeof(char *), "file names", &block));
    trace->paths = block;
    ST_TRY(st_alloc(ctx, trace->n, sizeof(char *), "file layouts", &block));
    trace->layouts = block;
    uint64_t bytes = 0;
    double step_w = 0.0;
    for (size_t i = 0; i < trace->n; i++) {
        const st_trace_file *file = &trace->parts[i].file;
        trace->paths[i] = file->path;
        trace->layouts[i] = file->layout_words;
        bytes += file->bytes;
        step_w = file->step_w > step_w ? file->step_w : step_w;
    }
    trace->info = (st_trace_info){.racks = grid->racks,
                                  .samples = grid->samples,
                                  .period_ns = grid->period_ns,
                                  .start_ns = grid->start_ns,
                                  .rate_hz = 1e9 / (double)grid->period_ns,
                                  .rack_names = trace->names,
                                  .rack_groups = trace->groups,
                                  .rack_rating_w = trace->ratings,
                                  .offset_w = trace->offsets,
                                  .step_w = step_w,
                                  .files = trace->n,
                                  .paths = trace->paths,
                                  .layouts = trace->layouts,
                                  .bytes = bytes};
    return ST_OK;
}

/* --- the cache and the offsets --------------------------------------------------------------- */

/* Room for the tiles under one step of all racks in time, within bounds. */
static st_status make_cache(st_context *ctx, st_trace *trace)
{
    uint64_t wanted = 0;
    size_t largest = 0;
    for (size_t i = 0; i < trace->n; i++) {
        const st_trace_file *file = &trace->parts[i].file;
        const st_storage *storage = &file->storage;
        if (storage->layout != ST_LAYOUT_TILES) {
            continue;
        }
        const int time = file->time_axis;
        const uint64_t steps = ST_TRACE_CHUNK_SAMPLES / storage->grid.chunk[time] + 1;
        const double bytes =
            (double)steps * (double)storage->grid.count[1 - time] * (double)storage->tile_bytes;
        const uint64_t bounded = bytes < (double)cache_most ? (uint64_t)bytes : cache_most;
        wanted = bounded > wanted ? bounded : wanted;
        largest = storage->tile_bytes > largest ? storage->tile_bytes : largest;
    }
    return st_tile_cache_create(ctx, wanted > cache_least ? wanted : cache_least, largest,
                                &trace->cache);
}

typedef struct offset_search {
    double *offsets; /* of the trace */
    size_t first_rack, missing;
    bool found[OFFSET_RACKS];
} offset_search;

static void search_block(void *user, const st_placed_block *placed)
{
    offset_search *search = user;
    const st_block *block = &placed->block;
    for (size_t r = 0; r < block->racks; r++) {
        const size_t rack = placed->first_rack + r, local = rack - search->first_rack;
        if (!search->found[local] &&
            st_convert_first(&block->file->scaling,
                             block->data + r * block->rack_step * block->file->storage.element,
                             block->time_step, block->samples, &search->offsets[rack])) {
            search->found[local] = true;
            search->missing--;
        }
    }
}

/* The first valid value of each rack, unless every file is plain float32 in W. */
static st_status find_offsets(st_context *ctx, st_trace *trace)
{
    const int64_t samples = trace->info.samples;
    const int64_t whole = samples < OFFSET_SAMPLES ? samples : OFFSET_SAMPLES;
    const int64_t quick = samples < OFFSET_QUICK ? samples : OFFSET_QUICK;
    bool plain = true;
    for (size_t i = 0; i < trace->n; i++) {
        plain = plain && trace->parts[i].file.scaling.plain;
    }
    for (size_t first = 0; !plain && first < trace->info.racks; first += OFFSET_RACKS) {
        const size_t left = trace->info.racks - first;
        const size_t racks = left < OFFSET_RACKS ? left : OFFSET_RACKS;
        offset_search search = {.offsets = trace->offsets, .first_rack = first, .missing = racks};
        ST_TRY(st_trace_visit(trace, ctx, first, racks, 0, (size_t)quick, search_block, &search));
        if (search.missing > 0 && whole > quick) {
            ST_TRY(st_trace_visit(trace, ctx, first, racks, quick, (size_t)(whole - quick),
                                  search_block, &search));
        }
    }
    return ST_OK;
}

/* --- open and close -------------------------------------------------------------------------- */

st_status st_trace_open(st_context *ctx, const char *const *paths, size_t n_paths,
                        const st_trace_options *options, st_trace **trace)
{
    static const st_trace_options defaults = ST_TRACE_OPTIONS_DEFAULT;
    st_trace_grid grid;
    st_status status = ST_OK;
    void *block = NULL;
    options = options != NULL ? options : &defaults;
    *trace = NULL;
    ST_TRY(check_options(ctx, options, n_paths));
    ST_TRY(st_alloc(ctx, 1, sizeof **trace, "a trace", &block));
    st_trace *made = block;
    pthread_mutex_init(&made->lock, NULL);
    ST_GOTO(status, st_alloc(ctx, n_paths, sizeof *made->parts, "a trace", &block));
    made->parts = block;
    ST_GOTO(status, open_files(ctx, paths, n_paths, options, made));
    ST_GOTO(status, st_trace_join(ctx, made->parts, made->n, &grid));
    ST_GOTO(status, describe(ctx, made, &grid));
    ST_GOTO(status, make_cache(ctx, made));
    ST_GOTO(status, find_offsets(ctx, made));
    *trace = made;
done:
    if (status != ST_OK) {
        st_trace_close(made);
    }
    return status;
}

const st_trace_info *st_trace_describe(const st_trace *trace)
{
    return &trace->info;
}

void st_trace_close(st_trace *trace)
{
    if (trace == NULL) {
        return;
    }
    for (size_t i = 0; i < trace->n; i++) {
        st_trace_file_close(&trace->parts[i].file);
    }
    while (trace->idle != NULL) {
        st_fetch *fetch = trace->idle;
        trace->idle = fetch->next;
        st_fetch_free(fetch);
        st_free(fetch);
    }
    st_tile_cache_destroy(trace->cache);
    pthread_mutex_destroy(&trace->lock);
    st_free(trace->parts);
    st_free(trace->names);
    st_free(trace->groups);
    st_free(trace->ratings);
    st_free(trace->offsets);
    st_free(trace->paths);
    st_free(trace->layouts);
    st_free(trace);
}
