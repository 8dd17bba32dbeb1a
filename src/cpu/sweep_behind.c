/* sweep_behind.c - the stages behind the candidates of a group: st_storage_step of
 * formula/storage.h, in lanes of float64. Compiled once per instruction set. A stage primes on what
 * its candidate lets through, so its level is found by an earlier passage over the first samples. */
#include "cpu/sweep_loops.h"

/* What half a register of lanes holds of a stage. */
typedef struct behind_lanes {
    vecd held, low_x, low_y, target, command, power, stored;
} behind_lanes;

static behind_lanes load_lanes(const sweep_behind *b, int lane)
{
    return (behind_lanes){vecd_load(b->held + lane),    vecd_load(b->low_x + lane),
                          vecd_load(b->low_y + lane),   vecd_load(b->target + lane),
                          vecd_load(b->command + lane), vecd_load(b->power + lane),
                          vecd_load(b->stored + lane)};
}

static void store_lanes(sweep_behind *b, int lane, const behind_lanes *s)
{
    vecd_store(b->held + lane, s->held);
    vecd_store(b->low_x + lane, s->low_x);
    vecd_store(b->low_y + lane, s->low_y);
    vecd_store(b->target + lane, s->target);
    vecd_store(b->command + lane, s->command);
    vecd_store(b->power + lane, s->power);
    vecd_store(b->stored + lane, s->stored);
}

static inline vecd clamp(vecd x, vecd low, vecd high)
{
    return vecd_most(low, vecd_least(high, x));
}

/* Some lanes have no room for the power of this sample, as in sweep_step.c. */
static inline vecd trim(const st_storage *s, vecd power, vecd stored, vecd after, vecd wanted)
{
    const vecd zero = vecd_all(0.0);
    const vecd per = vecd_where(power > zero, vecd_all(s->dt_s * (1.0 / s->efficiency_discharge)),
                                vecd_all(s->dt_s * s->efficiency_charge));
    return vecd_where(after != wanted, (stored - after) / per, power);
}

/* The command of this sample; the wish of storage.h, clamped. */
static inline vecd command_of(const st_storage *s, behind_lanes *b)
{
    b->low_y += s->smooth.b0 * (b->held - b->low_y) + s->smooth.b1 * (b->low_x - b->low_y);
    b->low_x = b->held;
    b->target = s->ramp ? clamp(b->low_y, b->target - s->down_w, b->target + s->up_w) : b->low_y;
    const vecd wish = b->held - b->target + b->stored * s->recovery_per_s;
    return clamp(wish, vecd_all(-s->charge_w), vecd_all(s->discharge_w));
}

static inline vecd deliver(const st_storage *s, behind_lanes *b, vecd command)
{
    b->power += s->response.b0 * (command - b->power) + s->response.b1 * (b->command - b->power);
    b->command = command;
    const vecd energy = b->power * s->dt_s, stored = b->stored;
    const vecd wanted =
        stored - vecd_most(energy * (1.0 / s->efficiency_discharge), energy * s->efficiency_charge);
    b->stored = clamp(wanted, vecd_all(s->floor_j), vecd_all(s->ceiling_j));
    return __builtin_expect(vecd_differ(b->stored, wanted), 0)
               ? trim(s, b->power, stored, b->stored, wanted)
               : b->power;
}

/* Channel 0 of half a register: what the stage sees, and on return what it lets through. */
static void carry(const st_sweep_stage *stage, sweep_behind *behind, float *draw, int lane,
                  const float *load, size_t n)
{
    behind_lanes s = load_lanes(behind, lane);
    int64_t at = behind->late_at;
    for (size_t i = 0; i < n; i++, draw += SWEEP_LANES) {
        const bool valid = load[i] == load[i];
        if (valid) {
            s.held = vecd_widen(draw);
        }
        vecd command = command_of(&stage->storage, &s);
        if (stage->delay > 0) {
            double *late = behind->late + at * SWEEP_LANES + lane;
            const vecd on_time = vecd_load(late);
            vecd_store(late, command);
            command = on_time;
            at = at + 1 < stage->delay ? at + 1 : 0;
        }
        const vecd power = deliver(&stage->storage, &s, command);
        if (valid) {
            vecd_narrow(draw, s.held - power);
        }
    }
    store_lanes(behind, lane, &s);
}

void ST_ISA(sweep_behind)(sweep_work *work, size_t behind, const float *load, size_t n)
{
    const st_sweep_stage *stage = &work->sweep->behind[behind];
    sweep_behind *b = &work->behind[behind];
    for (int lane = 0; lane < SWEEP_LANES; lane += SWEEP_HALF) {
        carry(stage, b, work->signal + lane, lane, load, n);
    }
    if (stage->delay > 0) {
        b->late_at = (b->late_at + (int64_t)n) % stage->delay;
    }
}

/* The level is summed above the first valid sample, which keeps the digits of small changes. */
static void prime(sweep_work *work, size_t behind, const float *load, size_t n)
{
    sweep_behind *b = &work->behind[behind];
    for (size_t i = 0; i < n; i++) {
        const float *draw = work->signal + i * SWEEP_LANES;
        if (load[i] != load[i]) {
            continue;
        }
        for (int l = 0; l < SWEEP_LANES; l++) {
            b->first[l] = b->primed == 0 ? (double)draw[l] : b->first[l];
            b->sum[l] += (double)draw[l] - b->first[l];
        }
        b->primed++;
    }
}

void ST_ISA(sweep_prime)(sweep_work *work, size_t behind, const float *load, const float *excess,
                         size_t n)
{
    ST_ISA(sweep_step)(work, load, excess, n);
    for (size_t b = 0; b < behind; b++) {
        ST_ISA(sweep_behind)(work, b, load, n);
    }
    prime(work, behind, load, n);
}
