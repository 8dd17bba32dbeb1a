/* leaf.c - detect, sum over racks: a leaf of 16, and two neighbours in the tree (model/backend.h).
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
                    double *restrict sum_w, uint32_t *restrict valid)
{
    memset(sum_w, 0, n * sizeof *sum_w);
    memset(valid, 0, n * sizeof *valid);
    for (size_t r = 0; r < racks; r++) {
        for (size_t i = 0; i < n; i++) {
            const double power_w = (double)x[r * stride + i] + offset_w[r];
            sum_w[i] += power_w == power_w ? power_w : 0.0;
            valid[i] += power_w == power_w;
        }
    }
}

void ST_ISA(leaf)(size_t racks, const float *x, size_t stride, const double *offset_w, size_t n,
                  double *sum_w, uint32_t *valid)
{
    size_t i = 0;
    for (size_t k = 0; k < n; k++) {
        valid[k] = (uint32_t)racks;
    }
    for (; i + BLOCK <= n; i += BLOCK) {
        if (!add_whole_block(racks, x + i, stride, offset_w, sum_w + i)) {
            add_any(racks, x + i, stride, offset_w, BLOCK, sum_w + i, valid + i);
        }
    }
    add_any(racks, x + i, stride, offset_w, n - i, sum_w + i, valid + i);
}

/* Samples are added in any order: there are but two. */
static void add(size_t n, double *restrict to, const double *restrict from)
{
    for (size_t i = 0; i < n; i++) {
        to[i] += from[i];
    }
}

void ST_ISA(join)(size_t n, cpu_sum *to, const cpu_sum *from)
{
    add(n, to->sum_w, from->sum_w);
    if (to->seen_w != NULL) {
        add(n, to->seen_w, from->seen_w);
    }
    for (size_t i = 0; i < n; i++) {
        to->valid[i] += from->valid[i];
    }
}
