/* detect.c - detect on the CPU: units of racks in parallel through one tile, each adding itself to
 * the sum over racks. Knows nothing of where samples come from. */
#include "cpu/exec.h"

#include <omp.h>
#include <stdatomic.h>
#include <string.h>

/* Reads the racks of a unit behind their histories. */
static st_status read_unit(st_context *ctx, st_exec *exec, cpu_work *work, const st_source *source,
                           const st_tile *tile, size_t first_rack, size_t racks)
{
    const size_t history = exec->plan->history_samples;
    for (size_t r = 0; r < racks; r++) {
        memcpy(work->row + r * exec->row_stride, exec->history + (first_rack + r) * history,
               history * sizeof(float));
    }
    return source->read(source->state, ctx, first_rack, racks, tile->first, tile->samples,
                        work->row + history, exec->row_stride);
}

static void sum_unit(st_exec *exec, const cpu_work *work, const st_tile *tile, size_t first_rack,
                     size_t racks, st_tile_result *result)
{
    const st_plan *plan = exec->plan;
    for (size_t r = 0; r < racks; r += ST_LEAF_RACKS) {
        const size_t leaf = (first_rack + r) / ST_LEAF_RACKS;
        const float *x = work->row + r * exec->row_stride + plan->history_samples;
        cpu_sum *const sum = st_cpu_tree_take(&exec->tree);
        exec->loops->leaf(racks - r < ST_LEAF_RACKS ? racks - r : ST_LEAF_RACKS, x,
                          exec->row_stride, plan->offset_w + first_rack + r, tile->samples,
                          sum->sum_w, sum->valid);
        if (plan->rack_storage != NULL) {
            exec->loops->rack_stages(exec, work->rack_block, leaf, x, exec->row_stride,
                                     tile->samples, sum->seen_w);
        }
        st_cpu_tree_add(exec, leaf, sum, tile->samples, result);
    }
}

static st_status run_unit(st_context *ctx, st_exec *exec, const st_source *source,
                          const st_tile *tile, const st_due *due, size_t unit,
                          st_tile_result *result)
{
    const st_plan *plan = exec->plan;
    const size_t first_rack = unit * plan->unit_racks, history = plan->history_samples;
    const size_t left = plan->racks - first_rack;
    const size_t racks = left < plan->unit_racks ? left : plan->unit_racks;
    cpu_work *work = &exec->work[omp_get_thread_num()];
    ST_TRY(read_unit(ctx, exec, work, source, tile, first_rack, racks));
    sum_unit(exec, work, tile, first_rack, racks, result);
    for (size_t r = 0; r < racks; r++) {
        const size_t rack = first_rack + r;
        const float *row = work->row + r * exec->row_stride;
        float *features = result->features == NULL
                              ? NULL
                              : result->features + rack * result->frame_capacity * plan->n_features;
        exec->loops->rack(exec, work, due, rack, row, features);
        memcpy(exec->history + rack * history, row + tile->samples, history * sizeof(float));
    }
    return result->on_racks == NULL || result->frames == 0
               ? ST_OK
               : result->on_racks(ctx, result->user, result, first_rack, racks);
}

/* Samples may not be read, or features not kept. Units are begun in order, and none after one has
 * failed: so the first of those that failed speaks for all, whatever else is damaged, and no more
 * leaves than there are threads are missing in the tree, which has sums for so many. */
st_status st_cpu_detect(st_context *ctx, st_exec *exec, const st_source *source,
                        const st_tile *tile, st_tile_result *result)
{
    const st_due due = st_plan_due(exec->plan, tile->first, tile->samples);
    const int64_t units = (int64_t)exec->unit_count;
    result->first_frame = due.frame_first;
    result->frames = (size_t)(due.frame_end - due.frame_first);
    if (result->features != NULL && result->frames > result->frame_capacity) {
        return st_fail(ctx, ST_INTERNAL, "a tile has %zu frames, %zu fit", result->frames,
                       result->frame_capacity);
    }
    atomic_bool failed = false;
    st_cpu_tree_begin(&exec->tree);
#pragma omp parallel for schedule(monotonic : dynamic, 1) num_threads(exec->threads)
    for (int64_t unit = 0; unit < units; unit++) {
        exec->unit_status[unit] =
            atomic_load(&failed) ? ST_OK
                                 : run_unit(ctx, exec, source, tile, &due, (size_t)unit, result);
        if (exec->unit_status[unit] != ST_OK) {
            atomic_store(&failed, true);
        }
    }
    for (int64_t unit = 0; unit < units; unit++) {
        if (exec->unit_status[unit] != ST_OK) {
            return exec->unit_status[unit];
        }
    }
    return ST_OK;
}
