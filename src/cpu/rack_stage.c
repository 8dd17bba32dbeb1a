/* rack_stage.c - the 16 racks of a leaf through the stages at the racks, a block of samples at a time,
 * and what they draw behind them (formula/rack_stage.h). rack_step.c and rack_charge.c are the stage.
 * Compiled once per instruction set. */
#include "cpu/rack_stage.h"

#include <string.h>

#include "cpu/eight.h"
#include "cpu/loops.h"
#include "cpu/rack_lanes.h"
#include "cpu/vector_f64.h"

/* ---- the block ------------------------------------------------------------------------------ */

/* The last leaf may have fewer racks: those that are not there have recorded NaN. */
static const float *fill_rows(cpu_rack_block *block, const float *x, size_t stride, size_t racks)
{
    for (size_t r = 0; r < ST_LEAF_RACKS; r++) {
        for (size_t i = 0; i < (size_t)block->n; i++) {
            block->rows[r][i] = r < racks ? x[r * stride + i] : NAN;
        }
    }
    return block->rows[0];
}

/* Racks as rows become samples as rows. x: [ST_LEAF_RACKS][stride]. */
static void load_block(cpu_rack_block *block, const float *x, size_t stride, const double *offset_w)
{
    eight_f32 all = {0.0f}; /* a NaN stays in a sum */
    for (size_t r = 0; r < ST_LEAF_RACKS; r += EIGHT) {
        const float *row = x + r * stride;
        size_t i = 0, n = (size_t)block->n;
        eight offset;
        memcpy(&offset, offset_w + r, sizeof offset);
        for (; i + EIGHT_TAKEN <= n; i += EIGHT_TAKEN) {
            eight_f32 sample[EIGHT_TAKEN];
            eight_take(row + i, stride, sample);
            for (size_t k = 0; k < EIGHT_TAKEN; k++) {
                const eight power = eight_widen(sample[k]) + offset;
                all += sample[k];
                memcpy(&block->x[i + k][r], &power, sizeof power);
            }
        }
        for (; i < n; i++) {
            for (size_t k = 0; k < EIGHT; k++) {
                all[k] += row[k * stride + i];
                block->x[i][r + k] = (double)row[k * stride + i] + offset[k];
            }
        }
    }
    block->gaps = false;
    for (int k = 0; k < EIGHT; k++) {
        block->gaps = block->gaps || isnan(all[k]);
    }
}

/* The draws of a sample, 16 to 8; an invalid one counts as 0. */
ST_ALWAYS_INLINE eight fold_once(const double *draw_w, bool gaps)
{
    vecd sum[EIGHT / VEC_HALF];
    const vecd zero = vecd_all(0.0);
    eight folded;
    for (int p = 0; p < EIGHT / VEC_HALF; p++) {
        const vecd a = vecd_load(draw_w + p * VEC_HALF),
                   b = vecd_load(draw_w + EIGHT + p * VEC_HALF);
        sum[p] = gaps ? vecd_pick(vecd_equal(a, a), a, zero) + vecd_pick(vecd_equal(b, b), b, zero)
                      : a + b;
    }
    memcpy(&folded, sum, sizeof folded);
    return folded;
}

/* Sum of what the valid racks draw, by halves. */
ST_ALWAYS_INLINE void fold_samples(cpu_rack_block *block, double *seen_w, bool gaps)
{
    for (int i = 0; i < block->n; i += EIGHT) {
        const int left = block->n - i < EIGHT ? block->n - i : EIGHT;
        eight row[EIGHT];
        for (int k = 0; k < EIGHT; k++) {
            row[k] = fold_once(block->x[i + (k < left ? k : 0)], gaps);
        }
        const eight sums = eight_fold(row);
        memcpy(seen_w + i, &sums, (size_t)left * sizeof(double));
    }
}

static void fold_block(cpu_rack_block *block, double *seen_w)
{
    if (block->gaps) {
        fold_samples(block, seen_w, true);
    } else {
        fold_samples(block, seen_w, false);
    }
}

/* ---- the stages ----------------------------------------------------------------------------- */

static void run_stage(const st_rack_storage *racks, size_t s, cpu_rack_stage *at,
                      cpu_rack_block *block)
{
    cpu_leaf before_j;
    memcpy(before_j, at->stored_j, sizeof before_j);
    ST_ISA(rack_step)(&racks->stage[s], at, block);
    if (racks->stage[s].kind == ST_RACK_STORAGE) {
        ST_ISA(rack_charge)(&racks->stage[s], racks->calendar, at, block, before_j);
    }
    at->samples += block->n;
    at->started = true;
}

void ST_ISA(rack_stages)(st_exec *exec, cpu_rack_block *block, size_t leaf, const float *x,
                         size_t stride, size_t n, double *seen_w)
{
    const st_plan *plan = exec->plan;
    const size_t first = leaf * ST_LEAF_RACKS, left = plan->racks - first;
    const size_t racks = left < ST_LEAF_RACKS ? left : ST_LEAF_RACKS;
    cpu_leaf offset_w = {0.0};
    memcpy(offset_w, plan->offset_w + first, racks * sizeof(double));
    for (size_t i = 0; i < n; i += ST_RACK_BLOCK) {
        block->n = (int)(n - i < ST_RACK_BLOCK ? n - i : ST_RACK_BLOCK);
        if (racks == ST_LEAF_RACKS) {
            load_block(block, x + i, stride, offset_w);
        } else {
            load_block(block, fill_rows(block, x + i, stride, racks), ST_RACK_BLOCK, offset_w);
        }
        for (size_t s = 0; s < plan->rack_storage->stages; s++) {
            run_stage(plan->rack_storage, s, &exec->rack_stage[s * plan->leaves + leaf], block);
        }
        fold_block(block, seen_w + i);
    }
}
