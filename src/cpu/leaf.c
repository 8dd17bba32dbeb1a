/* leaf.c - detect, sum over racks: a leaf of 16, and the tree over leaves (model/backend.h).
 * Compiled once per instruction set. */
#include <string.h>

#include "cpu/loops.h"
#include "cpu/vector_f64.h"

enum { SUMS = 8, BLOCK = SUMS * VEC_HALF }; /* registers of sums, and the samples in them */

/* Adds racks in order, samples [0, BLOCK). False: somewhere a sample is invalid. */
static inline bool add_whole_block(size_t racks, const float *x, size_t stride,
                                   const double *offset_w, double *sum_w)
{
    vecd sum[SUMS], all = vecd_all(0.0);
    for (int k = 0; k < SUMS; k++) {
        sum[k] = vecd_all(0.0);
    }
    for (size_t r = 0; r < racks; r++) {
        const vecd offset = vecd_all(offset_w[r]);
        for (int k = 0; k < SUMS; k++) {
            sum[k] += vecd_widen(x + r * stride + k * VEC_HALF) + offset;
        }
    }
    for (int k = 0; k < SUMS; k++) {
        vecd_store(sum_w + k * VEC_HALF, sum[k]);
        all += sum[k];
    }
    return !vecd_differ(all, all);
}

/* The same with invalid samples, which add nothing; samples [0, n). */
static void add_any(size_t racks, const float *x, size_t stride, const double *offset_w, size_t n,
                    double *restrict sum_w, uint8_t *restrict valid)
{
    memset(sum_w, 0, n * sizeof *sum_w);
    memset(valid, 0, n);
    for (size_t r = 0; r < racks; r++) {
        for (size_t i = 0; i < n; i++) {
            const double power_w = (double)x[r * stride + i] + offset_w[r];
            sum_w[i] += power_w == power_w ? power_w : 0.0;
            valid[i] = (uint8_t)(valid[i] + (power_w == power_w));
        }
    }
}

void ST_ISA(leaf)(size_t racks, const float *x, size_t stride, const double *offset_w, size_t n,
                  double *sum_w, uint8_t *valid)
{
    size_t i = 0;
    memset(valid, (int)racks, n);
    for (; i + BLOCK <= n; i += BLOCK) {
        if (!add_whole_block(racks, x + i, stride, offset_w, sum_w + i)) {
            add_any(racks, x + i, stride, offset_w, BLOCK, sum_w + i, valid + i);
        }
    }
    add_any(racks, x + i, stride, offset_w, n - i, sum_w + i, valid + i);
}

/* backend.h, "the tree", over leaf_w: [leaves][tile_samples], into out_w: [n]. In place, since leaf
 * i is written after leaves 2 i and 2 i + 1 are read. */
static void add_leaves(const st_plan *plan, double *leaf_w, size_t first, size_t n, double *out_w)
{
    const size_t stride = (size_t)plan->tile_samples;
    for (size_t left = plan->leaves; left > 1; left = (left + 1) / 2) {
        for (size_t leaf = 0; leaf < (left + 1) / 2; leaf++) {
            double *to = leaf_w + leaf * stride + first;
            const double *a = leaf_w + 2 * leaf * stride + first;
            if (2 * leaf + 1 == left) {
                memmove(to, a, n * sizeof *to);
                continue;
            }
            for (size_t i = 0; i < n; i++) {
                to[i] = a[i] + a[stride + i];
            }
        }
    }
    memcpy(out_w, leaf_w + first, n * sizeof(double));
}

void ST_ISA(tree)(st_exec *exec, size_t first, size_t n, st_tile_result *result)
{
    const size_t stride = (size_t)exec->plan->tile_samples;
    add_leaves(exec->plan, exec->leaf_sum, first, n, result->sum_w + first);
    if (exec->plan->rack_storage != NULL) {
        add_leaves(exec->plan, exec->leaf_seen, first, n, result->seen_w + first);
    }
    memset(result->valid + first, 0, n * sizeof *result->valid);
    for (size_t leaf = 0; leaf < exec->plan->leaves; leaf++) {
        const uint8_t *valid = exec->leaf_valid + leaf * stride + first;
        for (size_t i = 0; i < n; i++) {
            result->valid[first + i] += valid[i];
        }
    }
}
