/* rack_stage.c - st_rack_stage_block of formula/rack_stage.h for the 16 racks of a leaf at a time:
 * the same operations on each, in the same order, hence the same bits. A block is gone over several
 * times, first for what depends on the sample before, then for what is counted.
 * Compiled once per instruction set. */
#include "cpu/rack_stage.h"

#include <string.h>

#include "cpu/eight.h"
#include "cpu/loops.h"
#include "cpu/vector_f64.h"

enum { PARTS = ST_LEAF_RACKS / WIDE };

/* ---- the block ------------------------------------------------------------------------------ */

/* Racks as rows become samples as rows. x: [racks][stride]. */
static void load_block(cpu_rack_block *block, const float *x, size_t stride, size_t racks,
                       const double *offset_w)
{
    const int whole = block->n / EIGHT * EIGHT;
    for (size_t r = 0; r < ST_LEAF_RACKS; r += EIGHT) {
        for (int i = 0; i < whole; i += EIGHT) {
            eight row[EIGHT];
            for (size_t k = 0; k < EIGHT; k++) {
                row[k] = r + k < racks ? eight_from(x + (r + k) * stride + i) + offset_w[r + k]
                                       : (eight){0.0} + (double)NAN;
            }
            eight_transpose(row);
            for (size_t k = 0; k < EIGHT; k++) {
                memcpy(&block->x[(size_t)i + k][r], &row[k], sizeof row[k]);
            }
        }
        for (int i = whole; i < block->n; i++) {
            for (size_t k = r; k < r + EIGHT; k++) {
                block->x[i][k] =
                    k < racks ? (double)x[k * stride + (size_t)i] + offset_w[k] : (double)NAN;
            }
        }
    }
}

/* The draws of a sample, 16 to 8; an invalid one counts as 0. */
static inline eight fold_once(const double *draw_w)
{
    wide sum[EIGHT / WIDE];
    const wide zero = wide_all(0.0);
    eight folded;
    for (int p = 0; p < EIGHT / WIDE; p++) {
        const wide a = wide_load(draw_w + p * WIDE), b = wide_load(draw_w + EIGHT + p * WIDE);
        sum[p] = wide_where_equal(a, a, a, zero) + wide_where_equal(b, b, b, zero);
    }
    memcpy(&folded, sum, sizeof folded);
    return folded;
}

/* Sum of what the valid racks draw, by halves. */
static void fold_block(cpu_rack_block *block, double *seen_w)
{
    for (int i = 0; i < block->n; i += EIGHT) {
        const int left = block->n - i < EIGHT ? block->n - i : EIGHT;
        eight row[EIGHT];
        for (int k = 0; k < EIGHT; k++) {
            row[k] = fold_once(block->x[i + (k < left ? k : 0)]);
        }
        const eight sums = eight_fold(row);
        memcpy(seen_w + i, &sums, (size_t)left * sizeof(double));
    }
}

/* Invalid samples see the last valid one. */
static void hold(cpu_rack_stage *at, cpu_rack_block *block)
{
    for (int p = 0; p < PARTS; p++) {
        wide held = wide_load(at->held_w + p * WIDE);
        for (int i = 0; i < block->n; i++) {
            const wide x = wide_load(block->x[i] + p * WIDE);
            held = wide_where_equal(x, x, x, held);
            wide_store(block->load_w[i] + p * WIDE, held);
        }
        wide_store(at->held_w + p * WIDE, held);
    }
}

/* ---- storage -------------------------------------------------------------------------------- */

/* st_storage_state and the counts of clipping, of a part of the leaf. */
typedef struct state {
    wide low_x, low_y, target, power_x, power_y, stored, clipped_power, clipped_energy;
} state;

static inline state load_state(const cpu_rack_stage *at, int lane)
{
    return (state){wide_load(at->low_x + lane),         wide_load(at->low_y + lane),
                   wide_load(at->target_w + lane),      wide_load(at->power_x + lane),
                   wide_load(at->power_y + lane),       wide_load(at->stored_j + lane),
                   wide_load(at->clipped_power + lane), wide_load(at->clipped_energy + lane)};
}

static inline void store_state(cpu_rack_stage *at, int lane, const state *s)
{
    wide_store(at->low_x + lane, s->low_x);
    wide_store(at->low_y + lane, s->low_y);
    wide_store(at->target_w + lane, s->target);
    wide_store(at->power_x + lane, s->power_x);
    wide_store(at->power_y + lane, s->power_y);
    wide_store(at->stored_j + lane, s->stored);
    wide_store(at->clipped_power + lane, s->clipped_power);
    wide_store(at->clipped_energy + lane, s->clipped_energy);
}

/* st_lag_step */
static inline wide lag(st_lag by, wide *past_x, wide y, wide x)
{
    y += by.b0 * (x - y) + by.b1 * (*past_x - y);
    *past_x = x;
    return y;
}

/* st_storage_exchange: what of `power` there is room for. */
static inline wide exchange(const st_storage *s, state *at, wide power)
{
    const double out = 1.0 / s->efficiency_discharge, in = s->efficiency_charge;
    const wide energy = power * s->dt_s;
    /* more goes out than arrives, less comes in: the larger product is the right one */
    const wide wanted = at->stored - wide_most(energy * out, energy * in);
    const wide after = wide_clamp(wanted, wide_all(s->floor_j), wide_all(s->ceiling_j));
    if ((wide_less(after, wanted) | wide_less(wanted, after)) != 0) {
        const wide per =
            wide_where_less(wide_all(0.0), power, wide_all(s->dt_s * out), wide_all(s->dt_s * in));
        const wide room = (at->stored - after) / per;
        power = wide_where_equal(after, wanted, power, room);
        at->clipped_energy += wide_where_equal(after, wanted, wide_all(0.0), wide_all(1.0));
    }
    at->stored = after;
    return power;
}

/* st_storage_step */
static inline wide step(const st_storage *s, state *at, double *past, wide load)
{
    at->low_y = lag(s->smooth, &at->low_x, at->low_y, load);
    at->target =
        s->ramp ? wide_clamp(at->low_y, at->target - s->down_w, at->target + s->up_w) : at->low_y;
    wide wish = load - at->target;
    if (s->recovery_per_s != 0.0) { /* without it, the next power need not wait for this account */
        wish += at->stored * s->recovery_per_s;
    }
    const wide command = wide_clamp(wish, wide_all(-s->charge_w), wide_all(s->discharge_w));
    at->clipped_power += wide_where_equal(command, wish, wide_all(0.0), wide_all(1.0));
    wide delayed = command;
    if (past != NULL) {
        delayed = wide_load(past);
        wide_store(past, command);
    }
    at->power_y = lag(s->response, &at->power_x, at->power_y, delayed);
    return exchange(s, at, at->power_y);
}

static void step_storage(const st_rack_stage *stage, cpu_rack_stage *at, cpu_rack_block *block)
{
    const int64_t delay = stage->delay_samples;
    state part[PARTS];
    for (int p = 0; p < PARTS; p++) {
        part[p] = load_state(at, p * WIDE);
    }
    for (int i = 0; i < block->n; i++) {
        double *past = delay > 0 ? at->past + at->at * ST_LEAF_RACKS : NULL;
        for (int p = 0; p < PARTS; p++) {
            const int lane = p * WIDE;
            wide_store(block->power_w[i] + lane,
                       step(&stage->storage, &part[p], past != NULL ? past + lane : NULL,
                            wide_load(block->load_w[i] + lane)));
            wide_store(block->stored_j[i] + lane, part[p].stored);
        }
        at->at = at->at + 1 < delay ? at->at + 1 : 0;
    }
    for (int p = 0; p < PARTS; p++) {
        store_state(at, p * WIDE, &part[p]);
    }
}

/* ---- smoothing ------------------------------------------------------------------------------ */

static void step_smoothing(const st_rack_stage *stage, cpu_rack_stage *at, cpu_rack_block *block)
{
    const st_smoothing *s = &stage->smoothing;
    for (int i = 0; i < block->n; i++) {
        for (int l = 0; l < ST_LEAF_RACKS; l++) {
            st_smoothing_state rack = {at->level_w[l], at->idle[l]};
            const double load_w = block->load_w[i][l];
            block->power_w[i][l] = load_w - st_smoothing_step(s, &rack, load_w);
            at->level_w[l] = rack.level_w;
            at->idle[l] = rack.idle;
        }
    }
}

/* ---- what is counted ------------------------------------------------------------------------ */

static void add_sum(cpu_rack_stage *at, st_rack_sum which, int lane, wide block)
{
    double sum[WIDE];
    wide_store(sum, block);
    for (int l = 0; l < WIDE; l++) {
        st_sum_add(&at->sum[which][lane + l], sum[l]);
    }
}

/* J of one sample: in the conversion, or burnt. */
static inline wide loss(const st_rack_stage *stage, wide power)
{
    const st_storage *s = &stage->storage;
    const wide zero = wide_all(0.0);
    if (stage->kind == ST_RACK_SMOOTHING) {
        return wide_where_less(power, zero, -power * s->dt_s, zero);
    }
    const wide share = wide_where_less(zero, power, wide_all(1.0 / s->efficiency_discharge - 1.0),
                                       wide_all(s->efficiency_charge - 1.0));
    return power * s->dt_s * share;
}

/* Sums of power, and the draw. */
static void account_power(const st_rack_stage *stage, cpu_rack_stage *at, cpu_rack_block *block)
{
    const wide zero = wide_all(0.0), one = wide_all(1.0);
    for (int lane = 0; lane < ST_LEAF_RACKS; lane += WIDE) {
        wide load_sum = zero, draw_sum = zero, power_sum = zero, turned = zero, lost = zero;
        wide least = wide_load(at->power_min_w + lane), most = wide_load(at->power_max_w + lane);
        wide held_back = wide_load(at->held_back + lane);
        for (int i = 0; i < block->n; i++) {
            const wide load = wide_load(block->load_w[i] + lane);
            const wide power = wide_load(block->power_w[i] + lane), draw = load - power;
            const wide x = wide_load(block->x[i] + lane);
            wide_store(block->x[i] + lane, wide_where_equal(x, x, draw, x));
            load_sum += load;
            draw_sum += draw;
            power_sum += power;
            turned += wide_most(power, -power);
            lost += loss(stage, power);
            least = wide_least(power, least);
            most = wide_most(power, most);
            held_back += wide_where_less(zero, power, one, zero);
        }
        add_sum(at, ST_RACK_LOAD_W, lane, load_sum);
        add_sum(at, ST_RACK_DRAW_W, lane, draw_sum);
        add_sum(at, ST_RACK_POWER_W, lane, power_sum);
        add_sum(at, ST_RACK_TURNED_W, lane, turned);
        add_sum(at, ST_RACK_LOSS_J, lane, lost);
        wide_store(at->power_min_w + lane, least);
        wide_store(at->power_max_w + lane, most);
        wide_store(at->held_back + lane, held_back);
    }
}

/* The runs of the cycle counter, side by side: bit l of turned[i] is set where lane l turned before
 * sample i. */
static void find_turns(cpu_rack_stage *at, int lane, const cpu_rack_block *block, uint8_t *turned)
{
    const wide zero = wide_all(0.0), one = wide_all(1.0);
    wide last = wide_load(at->soc + lane), direction = wide_load(at->direction + lane);
    for (int i = 0; i < block->n; i++) {
        const wide soc = wide_load(block->stored_j[i] + lane), moved = soc - last;
        turned[i] = (uint8_t)wide_less(moved * direction, zero);
        direction =
            wide_where_less(zero, moved, one, wide_where_less(moved, zero, -one, direction));
        last = soc;
    }
    wide_store(at->soc + lane, last);
    wide_store(at->direction + lane, direction);
}

/* Turning points go to each rack's own counter; the first charge of all opens it. */
static void count_turns(cpu_rack_stage *at, int lane, const cpu_rack_block *block)
{
    uint8_t turned[ST_RACK_BLOCK];
    cpu_leaf before;
    memcpy(before, at->soc, sizeof before);
    if (!at->started) {
        memcpy(at->soc + lane, block->stored_j[0] + lane, WIDE * sizeof(double));
        for (int l = lane; l < lane + WIDE; l++) {
            st_rainflow_add(&at->flow[l], at->soc[l]);
        }
    }
    find_turns(at, lane, block, turned);
    for (int i = 0; i < block->n; i++) {
        const double *last = i > 0 ? block->stored_j[i - 1] : before;
        for (unsigned bits = turned[i]; bits != 0; bits &= bits - 1) {
            const int l = lane + __builtin_ctz(bits);
            st_rainflow_turn(&at->flow[l], last[l]);
        }
    }
}

/* Charge takes stored_j's place. */
static void account_charge(const st_rack_stage *stage, const double *calendar, cpu_rack_stage *at,
                           cpu_rack_block *block)
{
    cpu_leaf aged = {0.0};
    for (int lane = 0; lane < ST_LEAF_RACKS; lane += WIDE) {
        wide sum = wide_all(0.0);
        wide least = wide_load(at->soc_min + lane), most = wide_load(at->soc_max + lane);
        for (int i = 0; i < block->n; i++) {
            const wide stored = wide_load(block->stored_j[i] + lane);
            const wide soc = wide_clamp(stage->soc_start + stored * stage->soc_per_j,
                                        wide_all(stage->soc_low), wide_all(stage->soc_high));
            wide_store(block->stored_j[i] + lane, soc);
            sum += soc;
            least = wide_least(soc, least);
            most = wide_most(soc, most);
        }
        add_sum(at, ST_RACK_SOC, lane, sum);
        wide_store(at->soc_min + lane, least);
        wide_store(at->soc_max + lane, most);
        count_turns(at, lane, block);
    }
    for (int i = 0; i < block->n; i += ST_CALENDAR_EVERY) {
        for (int l = 0; l < ST_LEAF_RACKS; l++) {
            aged[l] += st_calendar_at(calendar, block->stored_j[i][l]);
        }
    }
    for (int l = 0; l < ST_LEAF_RACKS; l++) {
        st_sum_add(&at->sum[ST_RACK_CALENDAR][l], aged[l]);
    }
}

static void run_stage(const st_rack_storage *racks, size_t s, cpu_rack_stage *at,
                      cpu_rack_block *block)
{
    const st_rack_stage *stage = &racks->stage[s];
    hold(at, block);
    if (stage->kind == ST_RACK_STORAGE) {
        step_storage(stage, at, block);
        account_power(stage, at, block);
        account_charge(stage, racks->calendar, at, block);
    } else {
        step_smoothing(stage, at, block);
        account_power(stage, at, block);
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
    for (size_t i = 0; i < n; i += ST_RACK_BLOCK) {
        block->n = (int)(n - i < ST_RACK_BLOCK ? n - i : ST_RACK_BLOCK);
        load_block(block, x + i, stride, racks, plan->offset_w + first);
        for (size_t s = 0; s < plan->rack_storage->stages; s++) {
            run_stage(plan->rack_storage, s, &exec->rack_stage[s * plan->leaves + leaf], block);
        }
        fold_block(block, seen_w + i);
    }
}
