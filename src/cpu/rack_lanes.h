/* rack_lanes.h - the two halves of a stage at the racks of a leaf, and what both of them add to, a
 * register of racks at a time. */
#ifndef ST_CPU_RACK_LANES_H
#define ST_CPU_RACK_LANES_H

#include "cpu/isa.h"
#include "cpu/rack_stage.h"
#include "cpu/vector_f64.h"

/* A block of a leaf through one stage, and what it does to the charge; before_j: the charge in front
 * of it. */
void ST_ISA(rack_step)(const st_rack_stage *stage, cpu_rack_stage *at, cpu_rack_block *block);
void ST_ISA(rack_charge)(const st_rack_stage *stage, const double *calendar, cpu_rack_stage *at,
                         cpu_rack_block *block, const double *before_j);

/* st_sum_add of the racks from `lane` on. */
static inline void rack_sum_add(cpu_rack_stage *at, st_rack_sum which, int lane, vecd x)
{
    double *const high_w = at->sum_high[which] + lane, *const low_w = at->sum_low[which] + lane;
    const vecd high = vecd_load(high_w), total = high + x;
    const vecd_mask smaller = vecd_below(vecd_abs(high), vecd_abs(x));
    const vecd large = vecd_pick(smaller, x, high), small = vecd_pick(smaller, high, x);
    vecd_store(low_w, vecd_load(low_w) + ((large - total) + small));
    vecd_store(high_w, total);
}

static inline vecd_bits rack_count_load(const int64_t *count)
{
    vecd_bits bits;
    memcpy(&bits, count, sizeof bits);
    return bits;
}

static inline void rack_count_store(int64_t *count, vecd_bits bits)
{
    memcpy(count, &bits, sizeof bits);
}

#endif
