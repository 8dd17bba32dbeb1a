/* rack_stage.c - st_rack_stage_block of formula/rack_stage.h for the 16 racks of a leaf at a time:
 * the same operations on each, in the same order, hence the same bits. A block is gone over several
 * times, first for what depends on the sample before, then for what is counted.
 * Compiled once per instruction set. */
#include "cpu/rack_stage.h"

#include <string.h>

#include "cpu/eight.h"
#include "cpu/loops.h"
#include "cpu/storage_lanes.h"

enum { PARTS = ST_LEAF_RACKS / VEC_HALF };

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
    vecd sum[EIGHT / VEC_HALF];
    const vecd zero = vecd_all(0.0);
    eight folded;
    for (int p = 0; p < EIGHT / VEC_HALF; p++) {
        const vecd a = vecd_load(draw_w + p * VEC_HALF),
                   b = vecd_load(draw_w + EIGHT + p * VEC_HALF);
        sum[p] = vecd_where_equal(a, a, a, zero) + vecd_where_equal(b, b, b, zero);
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
        vecd held = vecd_load(at->held_w + p * VEC_HALF);
        for (int i = 0; i < block->n; i++) {
            const vecd x = vecd_load(block->x[i] + p * VEC_HALF);
            held = vecd_where_equal(x, x, x, held);
            vecd_store(block->load_w[i] + p * VEC_HALF, held);
        }
        vecd_store(at->held_w + p * VEC_HALF, held);
    }
}

/* ---- storage -------------------------------------------------------------------------------- */

static inline storage_lanes load_state(const cpu_rack_stage *at, int lane)
{
    return (storage_lanes){vecd_load(at->low_x + lane),    vecd_load(at->low_y + lane),
                           vecd_load(at->target_w + lane), vecd_load(at->power_x + lane),
                           vecd_load(at->power_y + lane),  vecd_load(at->stored_j + lane)};
}

static inline void store_state(cpu_rack_stage *at, int lane, const storage_lanes *s)
{
    vecd_store(at->low_x + lane, s->low_x);
    vecd_store(at->low_y + lane, s->low_y);
    vecd_store(at->target_w + lane, s->target);
    vecd_store(at->power_x + lane, s->power_x);
    vecd_store(at->power_y + lane, s->power_y);
    vecd_store(at->stored_j + lane, s->stored);
}

/* Lanes that differ count one more. */
static inline void count_clipped(double *count, vecd is, vecd wanted)
{
    if (vecd_differ(is, wanted)) {
        vecd_store(count,
                   vecd_load(count) + vecd_where_equal(is, wanted, vecd_all(0.0), vecd_all(1.0)));
    }
}

/* One sample of a part of the leaf. past: what was commanded a dead time ago, NULL = no delay. */
static inline vecd step(const st_storage *s, cpu_rack_stage *at, storage_lanes *part, int lane,
                        double *past, vecd load)
{
    vecd wanted;
    const vecd wish = storage_wish(s, part, load), command = storage_command(s, wish);
    vecd delayed = command;
    count_clipped(at->clipped_power + lane, command, wish);
    if (past != NULL) {
        delayed = vecd_load(past);
        vecd_store(past, command);
    }
    const vecd power = storage_deliver(s, part, delayed, &wanted);
    count_clipped(at->clipped_energy + lane, part->stored, wanted);
    return power;
}

static void step_storage(const st_rack_stage *stage, cpu_rack_stage *at, cpu_rack_block *block)
{
    const int64_t delay = stage->delay_samples;
    storage_lanes part[PARTS];
    for (int p = 0; p < PARTS; p++) {
        part[p] = load_state(at, p * VEC_HALF);
    }
    for (int i = 0; i < block->n; i++) {
        double *past = delay > 0 ? at->past + at->at * ST_LEAF_RACKS : NULL;
        for (int p = 0; p < PARTS; p++) {
            const int lane = p * VEC_HALF;
            const vecd power =
                step(&stage->storage, at, &part[p], lane, past != NULL ? past + lane : NULL,
                     vecd_load(block->load_w[i] + lane));
            vecd_store(block->power_w[i] + lane, power);
            vecd_store(block->stored_j[i] + lane, part[p].stored);
        }
        at->at = at->at + 1 < delay ? at->at + 1 : 0;
    }
    for (int p = 0; p < PARTS; p++) {
        store_state(at, p * VEC_HALF, &part[p]);
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

static void add_sum(cpu_rack_stage *at, st_rack_sum which, int lane, vecd block)
{
    double sum[VEC_HALF];
    vecd_store(sum, block);
    for (int l = 0; l < VEC_HALF; l++) {
        st_sum_add(&at->sum[which][lane + l], sum[l]);
    }
}

/* J of one sample: in the conversion, or burnt. */
static inline vecd loss(const st_rack_stage *stage, vecd power)
{
    const st_storage *s = &stage->storage;
    const vecd zero = vecd_all(0.0);
    if (stage->kind == ST_RACK_SMOOTHING) {
        return vecd_where_less(power, zero, -power * s->dt_s, zero);
    }
    const vecd share = vecd_where_less(zero, power, vecd_all(1.0 / s->efficiency_discharge - 1.0),
                                       vecd_all(s->efficiency_charge - 1.0));
    return power * s->dt_s * share;
}

/* Sums of power, and the draw. */
static void account_power(const st_rack_stage *stage, cpu_rack_stage *at, cpu_rack_block *block)
{
    const vecd zero = vecd_all(0.0), one = vecd_all(1.0);
    for (int lane = 0; lane < ST_LEAF_RACKS; lane += VEC_HALF) {
        vecd load_sum = zero, draw_sum = zero, power_sum = zero, turned = zero, lost = zero;
        vecd least = vecd_load(at->power_min_w + lane), most = vecd_load(at->power_max_w + lane);
        vecd held_back = vecd_load(at->held_back + lane);
        for (int i = 0; i < block->n; i++) {
            const vecd load = vecd_load(block->load_w[i] + lane);
            const vecd power = vecd_load(block->power_w[i] + lane), draw = load - power;
            const vecd x = vecd_load(block->x[i] + lane);
            vecd_store(block->x[i] + lane, vecd_where_equal(x, x, draw, x));
            load_sum += load;
            draw_sum += draw;
            power_sum += power;
            turned += vecd_most(power, -power);
            lost += loss(stage, power);
            least = vecd_least(power, least);
            most = vecd_most(power, most);
            held_back += vecd_where_less(zero, power, one, zero);
        }
        add_sum(at, ST_RACK_LOAD_W, lane, load_sum);
        add_sum(at, ST_RACK_DRAW_W, lane, draw_sum);
        add_sum(at, ST_RACK_POWER_W, lane, power_sum);
        add_sum(at, ST_RACK_TURNED_W, lane, turned);
        add_sum(at, ST_RACK_LOSS_J, lane, lost);
        vecd_store(at->power_min_w + lane, least);
        vecd_store(at->power_max_w + lane, most);
        vecd_store(at->held_back + lane, held_back);
    }
}

/* The runs of the cycle counter, side by side: bit l of turned[i] is set where lane l turned before
 * sample i. */
static void find_turns(cpu_rack_stage *at, int lane, const cpu_rack_block *block, uint8_t *turned)
{
    const vecd zero = vecd_all(0.0), one = vecd_all(1.0);
    vecd last = vecd_load(at->soc + lane), direction = vecd_load(at->direction + lane);
    for (int i = 0; i < block->n; i++) {
        const vecd soc = vecd_load(block->stored_j[i] + lane), moved = soc - last;
        turned[i] = (uint8_t)vecd_less(moved * direction, zero);
        direction =
            vecd_where_less(zero, moved, one, vecd_where_less(moved, zero, -one, direction));
        last = soc;
    }
    vecd_store(at->soc + lane, last);
    vecd_store(at->direction + lane, direction);
}

/* Turning points go to each rack's own counter; the first charge of all opens it. */
static void count_turns(cpu_rack_stage *at, int lane, const cpu_rack_block *block)
{
    uint8_t turned[ST_RACK_BLOCK];
    cpu_leaf before;
    memcpy(before, at->soc, sizeof before);
    if (!at->started) {
        memcpy(at->soc + lane, block->stored_j[0] + lane, VEC_HALF * sizeof(double));
        for (int l = lane; l < lane + VEC_HALF; l++) {
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
    for (int lane = 0; lane < ST_LEAF_RACKS; lane += VEC_HALF) {
        vecd sum = vecd_all(0.0);
        vecd least = vecd_load(at->soc_min + lane), most = vecd_load(at->soc_max + lane);
        for (int i = 0; i < block->n; i++) {
            const vecd stored = vecd_load(block->stored_j[i] + lane);
            const vecd soc = vecd_clamp(stage->soc_start + stored * stage->soc_per_j,
                                        vecd_all(stage->soc_low), vecd_all(stage->soc_high));
            vecd_store(block->stored_j[i] + lane, soc);
            sum += soc;
            least = vecd_least(soc, least);
            most = vecd_most(soc, most);
        }
        add_sum(at, ST_RACK_SOC, lane, sum);
        vecd_store(at->soc_min + lane, least);
        vecd_store(at->soc_max + lane, most);
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
