/* rack_charge.c - what a block does to the cells of the storage at 16 racks: turning points of their
 * charge, and calendar fade. Behind rack_step.c, which has left the charge of every sample.
 * Compiled once per instruction set. */
#include <string.h>

#include "cpu/eight.h"
#include "cpu/rack_lanes.h"

/* ---- cycles --------------------------------------------------------------------------------- */

typedef struct run_bits {
    uint64_t rose, known;
} run_bits;

/* Extremes of a charge are where it turns, and at the ends. */
static inline void see_extreme(cpu_rack_stage *at, size_t l, double stored_j)
{
    at->stored_min_j[l] = stored_j < at->stored_min_j[l] ? stored_j : at->stored_min_j[l];
    at->stored_max_j[l] = stored_j > at->stored_max_j[l] ? stored_j : at->stored_max_j[l];
}

/* The racks that turned before each of WORD samples, in the order of up and down. run: the newest
 * direction of each rack, known where there has been one. */
static inline uint64_t find_turns(run_bits *run, uint64_t up, uint64_t down)
{
    const uint64_t moved = up | down;
    uint64_t rose = up << ST_LEAF_RACKS | run->rose, known = moved << ST_LEAF_RACKS | run->known;
    for (int s = ST_LEAF_RACKS; ~known != 0 && s < 64; s *= 2) {
        rose |= rose << s & ~known;
        known |= known << s;
    }
    run->rose = (up | (rose & ~moved)) >> (64 - ST_LEAF_RACKS);
    run->known = (moved | known) >> (64 - ST_LEAF_RACKS);
    return (up ^ rose) & moved & known;
}

/* Turning points go to each rack's own counter; the first charge of all opens it. before_j: at the
 * end of the block before. */
static void count_turns(cpu_rack_stage *at, cpu_rack_block *block, const double *before_j)
{
    enum { WORD = sizeof(uint64_t) / sizeof block->up[0] };
    run_bits run = {at->rose, at->known};
    for (int i = block->n; i % WORD != 0; i++) { /* nothing moves behind the end */
        block->up[i] = block->down[i] = 0;
    }
    for (int from = 0; from < block->n; from += WORD) {
        uint64_t up, down;
        memcpy(&up, block->up + from, sizeof up);
        memcpy(&down, block->down + from, sizeof down);
        for (uint64_t turned = find_turns(&run, up, down); turned != 0; turned &= turned - 1) {
            const int bit = __builtin_ctzll(turned), i = from + bit / ST_LEAF_RACKS;
            const size_t l = (size_t)(bit % ST_LEAF_RACKS);
            const double last = i > 0 ? block->stored_j[i - 1][l] : before_j[l];
            see_extreme(at, l, last);
            st_rainflow_turn(&at->flow[l], last);
        }
    }
    at->rose = (uint16_t)run.rose;
    at->known = (uint16_t)run.known;
}

/* The first charge of all opens them, and is no move. */
static void open_counters(cpu_rack_stage *at, cpu_rack_block *block)
{
    block->up[0] = block->down[0] = 0;
    const double *first = block->stored_j[0];
    for (size_t l = 0; l < ST_LEAF_RACKS; l++) {
        st_rainflow_add(&at->flow[l], first[l]);
        see_extreme(at, l, first[l]);
    }
}

/* ---- calendar ------------------------------------------------------------------------------- */

/* st_calendar_at of the charges of a block, on their way. */
typedef struct lookups {
    int n;
    unsigned place[ST_RACK_BLOCK / ST_CALENDAR_EVERY][ST_LEAF_RACKS];
    cpu_leaf share[ST_RACK_BLOCK / ST_CALENDAR_EVERY];
} lookups;

/* place: points of the calendar below the charge; share: of the way to the next one. */
static void find_places(const st_rack_stage *stage, const cpu_rack_block *block, lookups *found)
{
    const double points = ST_CALENDAR_POINTS - 1; /* a power of two: nothing is rounded by it */
    const double start = stage->soc_start * points, per_j = stage->soc_per_j * points;
    const double low = st_clamp(stage->soc_low, 0.0, 1.0) * points;
    const double high = st_clamp(stage->soc_high, 0.0, 1.0) * points;
    found->n = 0;
    for (int i = 0; i < block->n; i += ST_CALENDAR_EVERY, found->n++) {
        for (int l = 0; l < ST_LEAF_RACKS; l += EIGHT) {
            eight at;
            memcpy(&at, block->stored_j[i] + l, sizeof at);
            at = start + at * per_j;
            at = eight_clamp(at, low, high);
            eight_int place = __builtin_convertvector(at, eight_int);
            place += place > ST_CALENDAR_POINTS - 2; /* true is -1 */
            place &= place >= 0; /* no number stays none, but reads from the table */
            at -= eight_of_int(place);
            memcpy(found->place[found->n] + l, &place, sizeof place);
            memcpy(found->share[found->n] + l, &at, sizeof at);
        }
    }
}

static void age(const st_rack_stage *stage, const double *calendar, cpu_rack_stage *at,
                const cpu_rack_block *block)
{
    lookups found;
    cpu_leaf aged;
    find_places(stage, block, &found);
    for (int l = 0; l < ST_LEAF_RACKS; l += EIGHT) {
        eight sum = {0.0};
        for (int k = 0; k < found.n; k++) {
            eight here, next, share;
            eight_look_up(calendar, found.place[k] + l, &here, &next);
            memcpy(&share, found.share[k] + l, sizeof share);
            sum += here + share * (next - here);
        }
        memcpy(aged + l, &sum, sizeof sum);
    }
    for (int lane = 0; lane < ST_LEAF_RACKS; lane += VEC_HALF) {
        rack_sum_add(at, ST_RACK_CALENDAR, lane, vecd_load(aged + lane));
    }
}

void ST_ISA(rack_charge)(const st_rack_stage *stage, const double *calendar, cpu_rack_stage *at,
                         cpu_rack_block *block, const double *before_j)
{
    if (!at->started) {
        open_counters(at, block);
    }
    count_turns(at, block, before_j);
    age(stage, calendar, at, block);
}
