/* flicker.c - Pst of IEC 61000-4-15:2010: the load's effect on the voltage through the
 * flickermeter, block 5 (what share of 10 min the sensation spends above a level), worst block from
 * the start. A shorter record is one block: it can convict. A block needs half of its samples. */
#include "assess/flicker.h"

#include <math.h>
#include <string.h>

#include "assess/statistic.h"
#include "formula/duration.h"

/* The classifier: 256 classes of equal width per octave of P_inst, from 2^-40 to 2^40, so a level
 * is off by less than 0.4 % and Pst by less than 0.2 %; linear within a class. The first holds
 * everything below, the last everything above. The class of a double is its leading bits. */
enum { OCTAVES = 80, LOWEST = -40, FINE_BITS = 8, CLASSES = OCTAVES << FINE_BITS };
enum { MANTISSA_BITS = 52, BIAS = 1023 };

static const double slowest_hz = 400.0; /* P_inst is within the 8 % of Table 1 up to 33.3 Hz */

typedef struct flicker {
    st_flickermeter meter;
    int64_t block;         /* samples of 10 min */
    int64_t filled, valid; /* of the current block */
    int64_t at;            /* samples seen */
    int64_t blocks;        /* full ones seen */
    int64_t *held;         /* [CLASSES], samples of the current block */
    st_worst worst;
} flicker;

/* 5.7.2: Pst = sqrt(sum weight x P_percent), the smoothed levels as means of their neighbours;
 * P_k is exceeded during k percent of the block. */
static const struct {
    double percent, weight;
} levels[] = {
    {0.1, 0.0314},     {0.7, 0.0525 / 3}, {1.0, 0.0525 / 3}, {1.5, 0.0525 / 3}, {2.2, 0.0657 / 3},
    {3.0, 0.0657 / 3}, {4.0, 0.0657 / 3}, {6.0, 0.28 / 5},   {8.0, 0.28 / 5},   {10.0, 0.28 / 5},
    {13.0, 0.28 / 5},  {17.0, 0.28 / 5},  {30.0, 0.08 / 3},  {50.0, 0.08 / 3},  {80.0, 0.08 / 3},
};

static int64_t block_samples(const st_statistic_setup *setup)
{
    const int64_t block = st_duration_samples(ST_FLICKER_BLOCK_S, setup->period_ns);
    return block > 1 ? block : 1;
}

static int64_t flicker_span(const st_statistic_setup *setup)
{
    (void)setup;
    return 1;
}

static double flicker_slowest(const st_statistic_setup *setup)
{
    (void)setup;
    return slowest_hz;
}

static size_t flicker_bytes(const st_statistic_setup *setup)
{
    (void)setup;
    return st_arena_need(1, sizeof(flicker)) + st_arena_need(CLASSES, sizeof(int64_t));
}

static st_status flicker_start(st_context *ctx, const st_statistic_setup *setup, st_arena *arena,
                               void **state)
{
    void *held;
    ST_TRY(st_arena_take(ctx, arena, 1, sizeof(flicker), state));
    ST_TRY(st_arena_take(ctx, arena, CLASSES, sizeof(int64_t), &held));
    flicker *s = *state;
    st_flickermeter_start(&s->meter, setup->asked, setup->rate_hz);
    s->block = block_samples(setup);
    s->held = held;
    s->worst.value = NAN;
    return ST_OK;
}

static int64_t class_of(double sensation)
{
    int64_t bits; /* of a positive double: ordered as it is */
    memcpy(&bits, &sensation, sizeof bits);
    const int64_t place =
        (bits >> (MANTISSA_BITS - FINE_BITS)) - ((int64_t)(BIAS + LOWEST) << FINE_BITS);
    return place < 0 ? 0 : place < CLASSES ? place : CLASSES - 1;
}

/* The lower edge of a class; that of the first is 0, as stillness is no flicker. */
static double edge_of(int64_t place)
{
    const int64_t bits = (place + ((int64_t)(BIAS + LOWEST) << FINE_BITS))
                         << (MANTISSA_BITS - FINE_BITS);
    double edge = 0.0;
    if (place > 0) {
        memcpy(&edge, &bits, sizeof edge);
    }
    return edge;
}

static double severity(const flicker *s)
{
    double sum = 0.0;
    int64_t place = CLASSES, above = 0; /* samples in classes from `place` on */
    for (size_t k = 0; k < sizeof levels / sizeof levels[0]; k++) {
        const double wanted = levels[k].percent / 100.0 * (double)s->valid;
        while (place > 0 && (double)above < wanted) {
            above += s->held[--place];
        }
        /* the level is in the class `place`: as many samples above as wanted */
        const double low = edge_of(place), high = edge_of(place + 1);
        const double share = ((double)above - wanted) / (double)s->held[place];
        sum += levels[k].weight * (place > 0 ? low + (high - low) * share : 0.0);
    }
    return sqrt(sum);
}

/* Judges the current block and starts the next. */
static void close_block(flicker *s)
{
    if (2 * s->valid >= s->filled) {
        const double value = severity(s);
        if (!(value <= s->worst.value)) {
            s->worst = (st_worst){value, s->at - s->filled};
        }
    }
    memset(s->held, 0, CLASSES * sizeof *s->held);
    s->filled = s->valid = 0;
    s->blocks++;
}

static void flicker_feed(void *state, const double *x, size_t n)
{
    flicker *s = state;
    for (size_t i = 0; i < n; i++) {
        const double sensation = st_flickermeter_step(&s->meter, x[i]);
        if (!isnan(x[i])) {
            s->held[class_of(sensation)]++;
            s->valid++;
        }
        s->at++;
        if (++s->filled == s->block) {
            close_block(s);
        }
    }
}

static st_worst flicker_finish(void *state)
{
    flicker *s = state;
    if (s->blocks == 0 && s->filled > 0) {
        close_block(s);
    }
    return s->worst;
}

const st_statistic_ops st_ops_flicker = {ST_STAT_FLICKER, flicker_span,  flicker_slowest,
                                         flicker_bytes,   flicker_start, flicker_feed,
                                         flicker_finish};
