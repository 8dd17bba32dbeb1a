/* rack_step.c - st_rack_stage_block of formula/rack_stage.h for the 16 racks of a leaf at a time: the
 * same operations on each, in the same order, hence the same bits. Here what depends on the sample
 * before; rack_charge.c has what is counted from the charge.
 * Compiled once per instruction set. */
#include "cpu/rack_lanes.h"
#include "cpu/storage_lanes.h"

enum { PAIR = 2 * VEC_HALF }; /* racks that are stepped at once */

/* ---- what every stage counts ---------------------------------------------------------------- */

/* A register of racks on their way through a block: what they do, and sums over it. */
typedef struct lanes {
    vecd held;
    vecd load, power, turned, least, most;
} lanes;

static inline lanes lanes_start(const cpu_rack_stage *at, int lane)
{
    const vecd zero = vecd_all(0.0);
    return (lanes){
        vecd_load(at->held_w + lane),     zero, zero, zero, vecd_load(at->power_min_w + lane),
        vecd_load(at->power_max_w + lane)};
}

static inline void lanes_end(cpu_rack_stage *at, int lane, const lanes *l)
{
    vecd_store(at->held_w + lane, l->held);
    vecd_store(at->power_min_w + lane, l->least);
    vecd_store(at->power_max_w + lane, l->most);
    rack_sum_add(at, ST_RACK_LOAD_W, lane, l->load);
    rack_sum_add(at, ST_RACK_POWER_W, lane, l->power);
    rack_sum_add(at, ST_RACK_TURNED_W, lane, l->turned);
}

/* What the stage sees: an invalid sample as the last valid one. */
static inline vecd lanes_see(lanes *l, const double *x, bool gaps)
{
    const vecd load = vecd_load(x);
    l->held = gaps ? vecd_pick(vecd_equal(load, load), load, l->held) : load;
    l->load = vecd_sum(l->load, l->held);
    return l->held;
}

static inline void lanes_draw(lanes *l, double *x, vecd power)
{
    l->power = vecd_sum(l->power, power);
    l->turned = vecd_sum(l->turned, vecd_abs(power));
    l->least = vecd_least(power, l->least);
    l->most = vecd_most(power, l->most);
    vecd_store(x, vecd_load(x) - power); /* NaN stays */
}

/* ---- storage -------------------------------------------------------------------------------- */

typedef struct shelf {
    lanes lanes;
    storage_lanes storage;
    vecd stored;
    vecd_bits clipped_power, clipped_energy;
} shelf;

static inline shelf shelf_start(const cpu_rack_stage *at, int lane)
{
    return (shelf){lanes_start(at, lane),
                   {{vecd_load(at->load_w + lane), vecd_load(at->low_behind_w + lane)},
                    {vecd_load(at->command_w + lane), vecd_load(at->power_behind_w + lane)},
                    vecd_load(at->target_w + lane),
                    vecd_load(at->stored_j + lane)},
                   vecd_all(0.0),
                   rack_count_load(at->clipped_power + lane),
                   rack_count_load(at->clipped_energy + lane)};
}

static inline void shelf_end(cpu_rack_stage *at, int lane, const shelf *l)
{
    const storage_lanes *s = &l->storage;
    lanes_end(at, lane, &l->lanes);
    vecd_store(at->load_w + lane, s->low.x);
    vecd_store(at->low_behind_w + lane, s->low.behind);
    vecd_store(at->command_w + lane, s->power.x);
    vecd_store(at->power_behind_w + lane, s->power.behind);
    vecd_store(at->target_w + lane, s->target);
    vecd_store(at->stored_j + lane, s->stored);
    vecd_store(at->stored_min_j + lane, vecd_least(s->stored, vecd_load(at->stored_min_j + lane)));
    vecd_store(at->stored_max_j + lane, vecd_most(s->stored, vecd_load(at->stored_max_j + lane)));
    rack_sum_add(at, ST_RACK_STORED_J, lane, l->stored);
    rack_count_store(at->clipped_power + lane, l->clipped_power);
    rack_count_store(at->clipped_energy + lane, l->clipped_energy);
}

/* Where the charge rose and where it fell. */
typedef struct moves {
    vecd_mask up, down;
} moves;

/* One sample: the power that the stage comes to, before its limits of charge. past: what was
 * commanded a dead time ago, NULL = no delay. */
static inline vecd shelf_power(const st_storage *s, shelf *l, const double *x, double *past,
                               bool gaps)
{
    const vecd wish = storage_wish(s, &l->storage, lanes_see(&l->lanes, x, gaps));
    const vecd command = storage_command(s, wish);
    vecd delayed = command;
    l->clipped_power = vecd_count(l->clipped_power, vecd_other(command, wish));
    if (past != NULL) {
        delayed = vecd_load(past);
        vecd_store(past, command);
    }
    return storage_respond(s, &l->storage, delayed);
}

/* What it does to the charge, and to the draw. */
static inline moves shelf_account(const st_storage *s, shelf *l, double *x, double *stored_j,
                                  vecd power, bool room)
{
    const vecd before = l->storage.stored;
    power = storage_exchange(s, &l->storage, power, &l->clipped_energy, room);
    const vecd stored = l->storage.stored;
    l->stored = vecd_sum(l->stored, stored);
    vecd_store(stored_j, stored);
    lanes_draw(&l->lanes, x, power);
    return (moves){vecd_below(before, stored), vecd_below(stored, before)};
}

/* Two registers of racks in the same sample: while one waits for its result, the other goes on. */
typedef struct shelf_pair {
    shelf a, b;
} shelf_pair;

static inline void pair_account(const st_storage *s, shelf_pair *p, cpu_rack_block *block, int i,
                                int lane, vecd power_a, vecd power_b, bool room)
{
    const int other = lane + VEC_HALF;
    double *const x = block->x[i], *const stored_j = block->stored_j[i];
    const moves a = shelf_account(s, &p->a, x + lane, stored_j + lane, power_a, room);
    const moves b = shelf_account(s, &p->b, x + other, stored_j + other, power_b, room);
    const unsigned up = vecd_bits_of_both(a.up, b.up) << lane;
    const unsigned down = vecd_bits_of_both(a.down, b.down) << lane;
    block->up[i] = (uint16_t)(lane > 0 ? block->up[i] | up : up);
    block->down[i] = (uint16_t)(lane > 0 ? block->down[i] | down : down);
}

/* Without recovery no sample waits for the account of the one before, which then is a loop of its
 * own: the shorter a loop, the more samples of it a processor looks ahead. Returns the oldest in the
 * delay. plain: a target that only smooths, no dead time, no recovery. room: limits of charge are out
 * of reach. */
ST_ALWAYS_INLINE int64_t step_pair(const st_rack_stage *stage, cpu_rack_stage *at,
                                   cpu_rack_block *block, int lane, bool gaps, bool plain,
                                   bool room)
{
    const int64_t delay = plain ? 0 : stage->delay_samples;
    const int other = lane + VEC_HALF, n = block->n;
    st_storage s = stage->storage;
    int64_t oldest = at->at;
    shelf_pair p = {shelf_start(at, lane), shelf_start(at, other)};
    if (plain) {
        s.ramp = 0;
        s.recovery_per_s = 0.0;
    }
    const bool apart = s.recovery_per_s == 0.0;
    for (int i = 0; i < n; i++) {
        double *const past = delay > 0 ? at->past + oldest * ST_LEAF_RACKS : NULL;
        const double *const x = block->x[i];
        const vecd a = shelf_power(&s, &p.a, x + lane, past != NULL ? past + lane : NULL, gaps);
        const vecd b = shelf_power(&s, &p.b, x + other, past != NULL ? past + other : NULL, gaps);
        oldest = oldest + 1 < delay ? oldest + 1 : 0;
        if (apart) {
            vecd_store(block->stored_j[i] + lane, a);
            vecd_store(block->stored_j[i] + other, b);
        } else {
            pair_account(&s, &p, block, i, lane, a, b, room);
        }
    }
    for (int i = 0; apart && i < n; i++) {
        const double *const power = block->stored_j[i];
        pair_account(&s, &p, block, i, lane, vecd_load(power + lane), vecd_load(power + other),
                     room);
    }
    shelf_end(at, lane, &p.a);
    shelf_end(at, other, &p.b);
    return oldest;
}

static void step_storage(const st_rack_stage *stage, cpu_rack_stage *at, cpu_rack_block *block)
{
    const st_storage *s = &stage->storage;
    const bool plain = !s->ramp && s->recovery_per_s == 0.0 && stage->delay_samples == 0;
    const bool gaps = block->gaps;
    int64_t oldest = at->at;
    for (int lane = 0; lane < ST_LEAF_RACKS; lane += PAIR) {
        const bool room = storage_has_room(s, vecd_load(at->stored_j + lane), block->n) &&
                          storage_has_room(s, vecd_load(at->stored_j + lane + VEC_HALF), block->n);
        oldest = !plain ? step_pair(stage, at, block, lane, gaps, false, room)
                 : gaps ? step_pair(stage, at, block, lane, true, true, room)
                 : room ? step_pair(stage, at, block, lane, false, true, true)
                        : step_pair(stage, at, block, lane, false, true, false);
    }
    at->at = oldest;
}

/* ---- smoothing ------------------------------------------------------------------------------ */

/* st_smoothing_step */
static inline vecd smooth(const st_smoothing *s, vecd *level, vecd *idle, vecd load)
{
    const vecd busy = vecd_all(0.0), floor = vecd_all(s->floor_w);
    *idle = vecd_pick(vecd_below(vecd_all(s->active_w), load), busy, *idle + 1.0);
    const vecd held =
        vecd_pick(vecd_below(vecd_all(s->stop_samples), *idle), load, vecd_most(floor, load));
    *level =
        vecd_clamp(vecd_least(vecd_all(s->ceiling_w), held), *level - s->down_w, *level + s->up_w);
    return *level;
}

static void step_smoothing(const st_rack_stage *stage, cpu_rack_stage *at, cpu_rack_block *block)
{
    for (int lane = 0; lane < ST_LEAF_RACKS; lane += VEC_HALF) {
        lanes l = lanes_start(at, lane);
        vecd level = vecd_load(at->level_w + lane), idle = vecd_load(at->idle + lane);
        vecd_bits held_back = rack_count_load(at->held_back + lane);
        for (int i = 0; i < block->n; i++) {
            double *const x = block->x[i] + lane;
            const vecd load = lanes_see(&l, x, true);
            const vecd power = load - smooth(&stage->smoothing, &level, &idle, load);
            held_back = vecd_count(held_back, vecd_below(vecd_all(0.0), power));
            lanes_draw(&l, x, power);
        }
        lanes_end(at, lane, &l);
        vecd_store(at->level_w + lane, level);
        vecd_store(at->idle + lane, idle);
        rack_count_store(at->held_back + lane, held_back);
    }
}

void ST_ISA(rack_step)(const st_rack_stage *stage, cpu_rack_stage *at, cpu_rack_block *block)
{
    if (stage->kind == ST_RACK_STORAGE) {
        step_storage(stage, at, block);
    } else {
        step_smoothing(stage, at, block);
    }
}
