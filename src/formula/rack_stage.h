/* rack_stage.h - a stage between a rack and the sum over racks: a storage shelf, or GPU power
 * smoothing. What a block of samples does to one rack, and what is kept of it.
 * This is the definition; a backend may carry many racks side by side, with the same operations in
 * the same order. It knows no file, no plan and no other rack. */
#ifndef ST_FORMULA_RACK_STAGE_H
#define ST_FORMULA_RACK_STAGE_H

#include "formula/rainflow.h"
#include "formula/smoothing.h"
#include "formula/storage.h"
#include "formula/sum.h"

enum {
    ST_RACK_BLOCK = 64,        /* samples, counted from the start of the record: sums over a block
                                * are plain, sums of blocks are st_sum */
    ST_RACK_STACK = 256,       /* turning points that a rack keeps open */
    ST_CALENDAR_POINTS = 4097, /* of the table of calendar fade over charge 0..1 */
    ST_CALENDAR_EVERY = 8,     /* samples of a block at which it is looked up */
    ST_RACK_SUMS = 5
};

typedef enum st_rack_stage_kind { ST_RACK_STORAGE, ST_RACK_SMOOTHING } st_rack_stage_kind;

/* What a stage is; the same for every rack. */
typedef struct st_rack_stage {
    st_rack_stage_kind kind;
    st_storage storage;
    st_smoothing smoothing;
    double soc_start, soc_per_j, soc_low,
        soc_high; /* charge = start + stored x per_j, in [low, high] */
    int64_t delay_samples;
} st_rack_stage;

/* Sums over samples of a rack's stage. */
typedef enum st_rack_sum {
    ST_RACK_LOAD_W,   /* into the stage, held over invalid samples */
    ST_RACK_POWER_W,  /* load - draw: > 0 discharges, or holds the load back */
    ST_RACK_TURNED_W, /* |power| */
    ST_RACK_STORED_J, /* since the start */
    ST_RACK_CALENDAR  /* calendar fade, at every ST_CALENDAR_EVERYth sample of a block */
} st_rack_sum;

/* What the stage of one rack went through. Without a sample: extremes are infinite. */
typedef struct st_rack_duty {
    st_sum sum[ST_RACK_SUMS];
    double stored_min_j, stored_max_j, power_min_w, power_max_w;
    double clipped_power, clipped_energy; /* samples: command is not wish; power trimmed */
    double held_back;                     /* samples with the draw below the load, smoothing */
    double samples;
    double stored_j; /* since the start */
} st_rack_duty;

/* What changes with every sample. */
typedef struct st_rack_state {
    st_storage_state storage;
    st_smoothing_state smoothing;
    double held_w;  /* last valid load */
    st_delay delay; /* its past is borrowed */
} st_rack_state;

/* One rack in one stage. The counter's stack is borrowed. */
typedef struct st_rack_passage {
    st_rack_state state;
    st_rainflow flow;
    st_rack_duty duty;
} st_rack_passage;

/* A rack whose load has been first_w before the record, and whose storage starts at prime_w. */
ST_HD void st_rack_passage_start(const st_rack_stage *stage, st_rack_passage *passage,
                                 double first_w, double prime_w, double *past, double *open)
{
    passage->state.storage = st_storage_rest(prime_w);
    passage->state.smoothing = st_smoothing_rest(&stage->smoothing, first_w);
    passage->state.held_w = first_w;
    passage->state.delay.past = past;
    passage->state.delay.samples = stage->delay_samples;
    passage->state.delay.at = 0;
    st_rainflow_start(&passage->flow, open, ST_RACK_STACK, stage->soc_per_j);
    st_rack_duty *duty = &passage->duty;
    for (int k = 0; k < ST_RACK_SUMS; k++) {
        duty->sum[k].high = duty->sum[k].low = 0.0;
    }
    duty->stored_min_j = duty->power_min_w = INFINITY;
    duty->stored_max_j = duty->power_max_w = -INFINITY;
    duty->clipped_power = duty->clipped_energy = duty->held_back = 0.0;
    duty->samples = duty->stored_j = 0.0;
}

/* Calendar fade at a charge, on straight lines between the points of the table. */
ST_HD double st_calendar_at(const double *table, double soc)
{
    const double at = st_clamp(soc, 0.0, 1.0) * (ST_CALENDAR_POINTS - 1);
    const int i = at < ST_CALENDAR_POINTS - 2 ? (int)at : ST_CALENDAR_POINTS - 2;
    return table[i] + (at - (double)i) * (table[i + 1] - table[i]);
}

/* One sample of the held load: the stage's power, W. */
ST_HD st_storage_sample st_rack_stage_step(const st_rack_stage *stage, st_rack_state *state,
                                           double load_w)
{
    if (stage->kind == ST_RACK_STORAGE) {
        return st_storage_step(&stage->storage, &state->storage, &state->delay, load_w);
    }
    st_storage_sample out;
    out.power_w = load_w - st_smoothing_step(&stage->smoothing, &state->smoothing, load_w);
    out.clipped_power = out.clipped_energy = 0;
    return out;
}

/* Charge when so much has been stored since the start. */
ST_HD double st_rack_charge(const st_rack_stage *stage, double stored_j)
{
    return st_clamp(stage->soc_start + stored_j * stage->soc_per_j, stage->soc_low,
                    stage->soc_high);
}

/* n samples, at most a block, from the block's start on. x: the load on entry, the draw on return,
 * W, NaN = invalid; sample i stands at x[i stride]. */
ST_HD void st_rack_stage_block(const st_rack_stage *stage, const double *calendar,
                               st_rack_passage *passage, double *x, int stride, int n)
{
    double sum[ST_RACK_SUMS] = {0.0, 0.0, 0.0, 0.0, 0.0};
    st_rack_duty duty = passage->duty;
    st_rack_state state = passage->state;
    for (int i = 0; i < n; i++) {
        double *const at = &x[i * stride];
        const int valid = !isnan(*at);
        const double load_w = state.held_w = valid ? *at : state.held_w;
        const st_storage_sample out = st_rack_stage_step(stage, &state, load_w);
        const double power_w = out.power_w;
        *at = valid ? load_w - power_w : (double)NAN;
        sum[ST_RACK_LOAD_W] += load_w;
        sum[ST_RACK_POWER_W] += power_w;
        sum[ST_RACK_TURNED_W] += fabs(power_w);
        duty.power_min_w = power_w < duty.power_min_w ? power_w : duty.power_min_w;
        duty.power_max_w = power_w > duty.power_max_w ? power_w : duty.power_max_w;
        duty.clipped_power += out.clipped_power;
        duty.clipped_energy += out.clipped_energy;
        if (stage->kind == ST_RACK_STORAGE) {
            const double stored_j = state.storage.stored_j;
            sum[ST_RACK_STORED_J] += stored_j;
            sum[ST_RACK_CALENDAR] += i % ST_CALENDAR_EVERY == 0
                                         ? st_calendar_at(calendar, st_rack_charge(stage, stored_j))
                                         : 0.0;
            duty.stored_min_j = stored_j < duty.stored_min_j ? stored_j : duty.stored_min_j;
            duty.stored_max_j = stored_j > duty.stored_max_j ? stored_j : duty.stored_max_j;
            st_rainflow_add(&passage->flow, stored_j);
        } else {
            duty.held_back += power_w > 0.0 ? 1.0 : 0.0;
        }
    }
    for (int k = 0; k < ST_RACK_SUMS; k++) {
        st_sum_add(&duty.sum[k], sum[k]);
    }
    duty.samples += (double)n;
    duty.stored_j = state.storage.stored_j;
    passage->duty = duty;
    passage->state = state;
}

#endif
