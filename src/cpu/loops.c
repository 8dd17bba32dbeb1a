/* loops.c - detect: what is done to one rack of a tile, in order, and how racks are summed.
 * Compiled once per instruction set; the table at the end is what the rest of the room calls. */
#include "cpu/loops.h"

#include <string.h>

enum { PIECE_SAMPLES = 512 };

static void rack_tile(st_exec *exec, cpu_work *work, const st_due *due, size_t rack, const float *x,
                      float *features)
{
    ST_ISA(hops)(exec, work, due, rack, x);
    ST_ISA(frames)(exec, work, due, rack, x, features);
    ST_ISA(slow)(exec, work, due, rack, x);
}

/* Adds a row of a leaf; invalid samples add nothing. */
static void add_row(const float *restrict row, double offset_w, size_t n, double *restrict sum_w,
                    uint8_t *restrict valid)
{
    for (size_t i = 0; i < n; i++) {
        const double power_w = (double)row[i] + offset_w;
        sum_w[i] += power_w == power_w ? power_w : 0.0;
    }
    for (size_t i = 0; i < n; i++) {
        valid[i] = (uint8_t)(valid[i] + (row[i] == row[i]));
    }
}

/* The same where nothing is invalid. */
static void add_whole_row(const float *restrict row, double offset_w, size_t n,
                          double *restrict sum_w)
{
    for (size_t i = 0; i < n; i++) {
        sum_w[i] += (double)row[i] + offset_w;
    }
}

static bool any_nan(const double *x, size_t n)
{
    int64_t nans = 0;
    for (size_t i = 0; i < n; i++) {
        nans |= x[i] != x[i];
    }
    return nans != 0;
}

/* Piece by piece, so that a piece of the sum stays in the first cache while the racks pass. */
static void sum_leaf(size_t racks, const float *x, size_t stride, const double *offset_w, size_t n,
                     double *restrict sum_w, uint8_t *restrict valid)
{
    for (size_t at = 0; at < n; at += PIECE_SAMPLES) {
        const size_t piece = n - at < PIECE_SAMPLES ? n - at : PIECE_SAMPLES;
        memset(sum_w + at, 0, piece * sizeof *sum_w);
        memset(valid + at, (int)racks, piece);
        for (size_t r = 0; r < racks; r++) {
            add_whole_row(x + r * stride + at, offset_w[r], piece, sum_w + at);
        }
        if (any_nan(sum_w + at, piece)) {
            memset(sum_w + at, 0, piece * sizeof *sum_w);
            memset(valid + at, 0, piece);
            for (size_t r = 0; r < racks; r++) {
                add_row(x + r * stride + at, offset_w[r], piece, sum_w + at, valid + at);
            }
        }
    }
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

static void sum_tree(st_exec *exec, size_t first, size_t n, st_tile_result *result)
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

#define ST_ISA_TEXT_OF(isa) #isa
#define ST_ISA_TEXT(isa)    ST_ISA_TEXT_OF(isa)

const cpu_loops ST_ISA(loops) = {.name = ST_ISA_TEXT(ST_CPU_ISA),
                                 .rack = rack_tile,
                                 .leaf = sum_leaf,
                                 .rack_stages = ST_ISA(rack_stages),
                                 .tree = sum_tree,
                                 .convolve = ST_ISA(convolve),
                                 .sweep = ST_ISA(sweep),
                                 .sweep_prime = ST_ISA(sweep_prime)};
