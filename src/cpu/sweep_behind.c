/* sweep_behind.c - the stages behind the candidates of a group: st_storage_step of
 * formula/storage.h, in lanes of float64. Compiled once per instruction set. A stage primes on what
 * its candidate lets through, so its level is found by an earlier passage over the first samples. */
#include "cpu/storage_lanes.h"
#include "cpu/sweep_loops.h"

/* Half a register of lanes of a stage. */
static storage_lanes load_lanes(const sweep_behind *b, int lane)
{
    return (storage_lanes){{vecd_load(b->load + lane), vecd_load(b->low_behind + lane)},
                           {vecd_load(b->command + lane), vecd_load(b->power_behind + lane)},
                           vecd_load(b->target + lane),
                           vecd_load(b->stored + lane)};
}

static void store_lanes(sweep_behind *b, int lane, const storage_lanes *s)
{
    vecd_store(b->load + lane, s->low.x);
    vecd_store(b->low_behind + lane, s->low.behind);
    vecd_store(b->command + lane, s->power.x);
    vecd_store(b->power_behind + lane, s->power.behind);
    vecd_store(b->target + lane, s->target);
    vecd_store(b->stored + lane, s->stored);
}

/* Channel 0 of half a register: what the stage sees, and on return what it lets through. */
static void carry(const st_sweep_stage *stage, sweep_behind *behind, float *draw, int lane,
                  const float *load, size_t n)
{
    storage_lanes s = load_lanes(behind, lane);
    vecd held = vecd_load(behind->held + lane);
    vecd_bits trims = {0}; /* nobody asks */
    int64_t at = behind->late_at;
    for (size_t i = 0; i < n; i++, draw += SWEEP_LANES) {
        const bool valid = load[i] == load[i];
        if (valid) {
            held = vecd_widen(draw);
        }
        vecd command = storage_command(&stage->storage, storage_wish(&stage->storage, &s, held));
        if (stage->delay > 0) {
            double *late = behind->late + at * SWEEP_LANES + lane;
            const vecd on_time = vecd_load(late);
            vecd_store(late, command);
            command = on_time;
            at = at + 1 < stage->delay ? at + 1 : 0;
        }
        const vecd power = storage_exchange(
            &stage->storage, &s, storage_respond(&stage->storage, &s, command), &trims, false);
        if (valid) {
            vecd_narrow(draw, held - power);
        }
    }
    vecd_store(behind->held + lane, held);
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
