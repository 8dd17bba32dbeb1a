/* rack_stage_ends.c - storage at the racks, before the first sample and after the last one: leaf by
 * leaf becomes rack by rack. */
#include <string.h>

#include "cpu/exec.h"

static void start_rack(const st_rack_stage *stage, double first_w, double prime_w,
                       cpu_rack_stage *at, size_t lane)
{
    const st_storage_state storage = st_storage_rest(prime_w);
    const st_smoothing_state smoothing = st_smoothing_rest(&stage->smoothing, first_w);
    at->load_w[lane] = storage.low.x;
    at->target_w[lane] = storage.target_w;
    at->level_w[lane] = smoothing.level_w;
    at->idle[lane] = smoothing.idle;
    at->held_w[lane] = first_w;
    at->stored_min_j[lane] = at->power_min_w[lane] = INFINITY;
    at->stored_max_j[lane] = at->power_max_w[lane] = -INFINITY;
}

void st_cpu_rack_stages_start(st_exec *exec)
{
    const st_plan *plan = exec->plan;
    const st_rack_storage *racks = plan->rack_storage;
    for (size_t s = 0; s < racks->stages; s++) {
        for (size_t r = 0; r < plan->leaves * ST_LEAF_RACKS; r++) {
            const bool real = r < plan->racks;
            const size_t of = s * plan->racks + r;
            start_rack(&racks->stage[s], real ? racks->first_w[of] : 0.0,
                       real ? racks->prime_w[of] : 0.0,
                       &exec->rack_stage[s * plan->leaves + r / ST_LEAF_RACKS], r % ST_LEAF_RACKS);
        }
    }
}

static st_rack_duty duty_of(const cpu_rack_stage *at, size_t lane)
{
    st_rack_duty duty = {.stored_min_j = at->stored_min_j[lane],
                         .stored_max_j = at->stored_max_j[lane],
                         .power_min_w = at->power_min_w[lane],
                         .power_max_w = at->power_max_w[lane],
                         .clipped_power = (double)at->clipped_power[lane],
                         .clipped_energy = (double)at->clipped_energy[lane],
                         .held_back = (double)at->held_back[lane],
                         .samples = at->samples,
                         .stored_j = at->stored_j[lane]};
    for (int k = 0; k < ST_RACK_SUMS; k++) {
        duty.sum[k] = (st_sum){at->sum_high[k][lane], at->sum_low[k][lane]};
    }
    return duty;
}

void st_cpu_rack_stages_collect(const st_exec *exec, st_rack_sums *sums)
{
    const st_plan *plan = exec->plan;
    for (size_t i = 0; i < plan->rack_storage->stages * plan->racks; i++) {
        const size_t stage = i / plan->racks, rack = i % plan->racks, lane = rack % ST_LEAF_RACKS;
        const cpu_rack_stage *at = &exec->rack_stage[stage * plan->leaves + rack / ST_LEAF_RACKS];
        st_rainflow flow = at->flow[lane];
        if (at->started) {
            flow.last = at->stored_j[lane];
            flow.direction = at->known >> lane & 1 ? (at->rose >> lane & 1 ? 1 : -1) : 0;
        }
        st_rainflow_finish(&flow);
        sums->duty[i] = duty_of(at, lane);
        memcpy(sums->cycle_count + i * ST_DEPTH_BINS, flow.count, sizeof flow.count);
        memcpy(sums->cycle_depth + i * ST_DEPTH_BINS, flow.depth, sizeof flow.depth);
    }
}
