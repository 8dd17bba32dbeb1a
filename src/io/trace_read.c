/* trace_read.c - a rectangle of a trace as float32 watts.
 * read, the part that runs all day: safe from several threads, no allocation once warm. */
#include <math.h>

#include "core/memory.h"
#include "io/trace.h"

enum { STEP = 128 }; /* samples per turn where racks lie side by side: lines stay in L1 */

static st_status borrow_fetch(st_trace *trace, st_context *ctx, st_fetch **fetch)
{
    void *block;
    pthread_mutex_lock(&trace->lock);
    *fetch = trace->idle;
    if (*fetch != NULL) {
        trace->idle = (*fetch)->next;
    }
    pthread_mutex_unlock(&trace->lock);
    if (*fetch == NULL) {
        ST_TRY(st_alloc(ctx, 1, sizeof **fetch, "a reader's buffers", &block));
        *fetch = block;
        (*fetch)->cache = trace->cache;
        (*fetch)->quiet = st_context_create();
        if ((*fetch)->quiet == NULL) {
            st_free(block);
            return st_fail(ctx, ST_MEMORY, "no memory for a reader");
        }
    }
    return ST_OK;
}

static void return_fetch(st_trace *trace, st_fetch *fetch)
{
    pthread_mutex_lock(&trace->lock);
    fetch->next = trace->idle;
    trace->idle = fetch;
    pthread_mutex_unlock(&trace->lock);
}

/* From a file's own coordinates to the trace's. */
typedef struct placing {
    const st_trace_part *part;
    st_placed_fn fn;
    void *user;
} placing;

static void place_block(void *user, const st_block *block)
{
    const placing *place = user;
    const st_placed_block placed = {*block, place->part->first_rack + block->first_rack,
                                    place->part->first + block->first};
    place->fn(place->user, &placed);
}

st_status st_trace_visit(st_trace *trace, st_context *ctx, size_t first_rack, size_t racks,
                         int64_t first, size_t samples, st_placed_fn fn, void *user)
{
    const int64_t end = first + (int64_t)samples;
    const size_t end_rack = first_rack + racks;
    st_fetch *fetch;
    st_status status = ST_OK;
    ST_TRY(borrow_fetch(trace, ctx, &fetch));
    for (size_t i = 0; i < trace->n && status == ST_OK; i++) {
        const st_trace_part *part = &trace->parts[i];
        const int64_t part_end = part->first + part->file.samples;
        const size_t part_end_rack = part->first_rack + part->file.racks;
        const int64_t from = first > part->first ? first : part->first;
        const int64_t to = end < part_end ? end : part_end;
        const size_t from_rack = first_rack > part->first_rack ? first_rack : part->first_rack;
        const size_t to_rack = end_rack < part_end_rack ? end_rack : part_end_rack;
        if (from < to && from_rack < to_rack) {
            placing place = {part, fn, user};
            fetch->file = (uint32_t)i;
            status = st_trace_file_fetch(ctx, &part->file, fetch, from_rack - part->first_rack,
                                         to_rack - from_rack, from - part->first,
                                         (size_t)(to - from), place_block, &place);
        }
    }
    return_fetch(trace, fetch);
    return status;
}

/* Where the watts go. */
typedef struct target {
    const double *offset_w; /* of the trace */
    size_t first_rack;
    int64_t first;
    float *out_w;
    size_t stride;
} target;

static void convert_block(void *user, const st_placed_block *placed)
{
    const target *to = user;
    const st_block *block = &placed->block;
    const size_t element = block->file->storage.element;
    const size_t step = block->time_step == 1 ? block->samples : STEP;
    float *out_w = to->out_w + (placed->first_rack - to->first_rack) * to->stride +
                   (size_t)(placed->first - to->first);
    for (size_t i = 0; i < block->samples; i += step) {
        const size_t n = block->samples - i < step ? block->samples - i : step;
        for (size_t r = 0; r < block->racks; r++) {
            const size_t at = r * block->rack_step + i * block->time_step;
            st_convert(&block->file->scaling, block->data + at * element, block->time_step, n,
                       to->offset_w[placed->first_rack + r], out_w + r * to->stride + i);
        }
    }
}

/* Files one after the other may leave gaps; files side by side cover everything. */
static bool inside_one_file(const st_trace *trace, int64_t first, size_t samples)
{
    for (size_t i = 0; i < trace->n; i++) {
        const st_trace_part *part = &trace->parts[i];
        if (first >= part->first && first + (int64_t)samples <= part->first + part->file.samples) {
            return true;
        }
    }
    return false;
}

st_status st_trace_read(const st_trace *trace, st_context *ctx, size_t first_rack, size_t racks,
                        int64_t first, size_t samples, float *out_w, size_t stride)
{
    const st_trace_info *info = &trace->info;
    if (first_rack > info->racks || racks > info->racks - first_rack || first < 0 ||
        first > info->samples || samples > (uint64_t)(info->samples - first) || stride < samples) {
        return st_fail(ctx, ST_ARGUMENT,
                       "racks %zu + %zu at samples %lld + %zu, stride %zu; allowed: within %zu "
                       "racks, %lld samples, a stride of at least the samples",
                       first_rack, racks, (long long)first, samples, stride, info->racks,
                       (long long)info->samples);
    }
    for (size_t r = 0; !inside_one_file(trace, first, samples) && r < racks; r++) {
        for (size_t i = 0; i < samples; i++) {
            out_w[r * stride + i] = NAN;
        }
    }
    target to = {trace->offsets, first_rack, first, out_w, stride};
    /* Reading changes only the cache and the list of idle fetchers, both behind locks. */
    return st_trace_visit((st_trace *)(uintptr_t)trace, ctx, first_rack, racks, first, samples,
                          convert_block, &to);
}
