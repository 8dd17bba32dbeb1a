/* planted.c - drawing the events from the seed, and what each does to a level.
 * Time is cut into columns and racks are rows; an event of one rack has a cell for itself, an event
 * of all racks a column, so that no two ever overlap. */
#include "synth/planted.h"

#include <math.h>
#include <string.h>

#include "surgetank/summary.h"
#include "synth/random.h"
#include "synth/rhythm.h"

/* Columns are at most 12 s, at least 4 s: the detector wants quiet frames around each event. */
static const int64_t column_longest_ns = INT64_C(12000000000);
static const int64_t column_shortest_ns = INT64_C(4000000000);

typedef struct draw {
    const st_synth *what;
    st_plants *plants;
    int64_t duration_ns;
    int64_t column_ns;
    int64_t first_column, columns; /* those that take events */
    uint32_t number;               /* of the event, its random stream */
} draw;

static int64_t nanoseconds(double seconds)
{
    return llround(seconds * 1e9);
}

static draw draw_begin(const st_synth *what, st_plants *plants)
{
    const int64_t duration_ns = st_synth_samples(what) * st_synth_period_ns(what);
    int64_t column_ns = duration_ns / 10;
    column_ns = column_ns < column_longest_ns ? column_ns : column_longest_ns;
    column_ns = column_ns > column_shortest_ns ? column_ns : column_shortest_ns;
    const int64_t columns = duration_ns / column_ns;
    /* The ends stay quiet where there is room: half a neighbourhood is a poor baseline. */
    const int64_t margin = columns >= 4 ? 1 : 0;
    return (draw){what, plants, duration_ns, column_ns, margin, columns - 2 * margin, 0};
}

static int64_t column_of(const draw *d, const st_plant *plant)
{
    return (plant->start_ns + plant->end_ns) / 2 / d->column_ns;
}

/* Whether the cell is used, or the rack has its share of events: an event must stay rarer than the
 * 5 % of frames that the detector takes for granted. once: at most one step per rack. */
static bool taken(const draw *d, int64_t rack, int64_t column, bool once)
{
    const int64_t apart_ns = INT64_C(20000000000);
    int64_t left = d->duration_ns / apart_ns;
    left = left < 1 ? 1 : left;
    for (size_t i = 0; i < d->plants->n; i++) {
        const st_plant *plant = &d->plants->plant[i];
        const bool meets = rack < 0 || plant->rack < 0 || plant->rack == rack;
        if (meets && column_of(d, plant) == column) {
            return true;
        }
        if (once && plant->rack == rack && plant->effect == ST_EFFECT_SCALE) {
            return true;
        }
        left -= plant->rack == rack;
    }
    return left <= 0;
}

/* Whether a checkpoint is so near that it would hide the event or be taken for it. */
static bool near_checkpoint(const st_synth *what, int64_t moment_ns)
{
    const double every_s = what->checkpoint_every_s;
    const double near_s = 0.5 * what->checkpoint_s + what->fault_s + what->recover_s + 1.0;
    if (every_s < 4.0 * near_s) {
        return false; /* none, or everywhere */
    }
    const double turn = (double)moment_ns * 1e-9 / every_s;
    const double since_s = (turn - floor(turn) - 0.5) * every_s - 0.5 * what->checkpoint_s;
    return fabs(since_s) < near_s;
}

/* A free cell and a moment in its middle third; false when sixteen draws found none, which is how
 * a crowded trace ends up with fewer events than asked for. */
static bool draw_cell(draw *d, bool all_racks, bool once, int64_t *rack, int64_t *moment_ns)
{
    enum { TRIES = 16 };
    const uint32_t number = d->number++;
    for (int64_t i = 0; i < TRIES && d->columns > 0; i++) {
        const st_random_block r = st_random(d->what->seed, ST_STREAM_EVENT, number, i);
        const int64_t column =
            d->first_column + (int64_t)(st_uniform(r.word[0]) * (double)d->columns);
        const double share = (1.0 + st_uniform(r.word[2])) / 3.0;
        *rack =
            all_racks ? ST_SITE_RACK : (int64_t)(st_uniform(r.word[1]) * (double)d->what->racks);
        *moment_ns = (int64_t)(((double)column + share) * (double)d->column_ns);
        if (!taken(d, *rack, column, once) && !near_checkpoint(d->what, *moment_ns)) {
            return true;
        }
    }
    return false;
}

/* Of the event that is drawn next (DURATION) or was drawn last (PLACE). */
typedef enum draw_use { DURATION = -1, PLACE = -2 } draw_use;

static double draw_between(const draw *d, draw_use use, double low, double high)
{
    const uint32_t number = use == PLACE ? d->number - 1 : d->number;
    const st_random_block r = st_random(d->what->seed, ST_STREAM_EVENT, number, use);
    return low + (high - low) * st_uniform(r.word[0]);
}

/* Moves the moment to about the middle of a backward phase, and not the same place in all racks;
 * returns the length of the phase, ns. */
static int64_t to_plateau(const draw *d, int64_t rack, int64_t *moment_ns)
{
    if (d->what->rhythm != ST_RHYTHM_TRAINING) {
        return d->column_ns / 3;
    }
    const st_iteration iteration = st_iteration_at(d->what, rack, *moment_ns);
    int64_t begin_ns, end_ns;
    st_iteration_plateau(d->what, &iteration, &begin_ns, &end_ns);
    const double share = draw_between(d, PLACE, 0.4, 0.6);
    *moment_ns = begin_ns + llround(share * (double)(end_ns - begin_ns));
    return end_ns - begin_ns;
}

static void add(draw *d, st_plant plant)
{
    if (d->plants->n < ST_PLANTED_MAX) {
        d->plants->plant[d->plants->n++] = plant;
    }
}

/* Steps last: a rack loses trays until the end, or has missed them since the beginning. */
static void plant_steps(draw *d)
{
    for (int64_t i = 0; i < d->what->steps; i++) {
        int64_t rack, moment_ns;
        if (!draw_cell(d, false, true, &rack, &moment_ns)) {
            continue;
        }
        to_plateau(d, rack, &moment_ns);
        const uint8_t kind = i % 2 == 0 ? ST_EVENT_STEP_DOWN : ST_EVENT_STEP_UP;
        add(d, (st_plant){rack, kind, ST_EFFECT_SCALE, moment_ns, moment_ns, d->what->event_edge_s,
                          d->what->event_edge_s, d->what->step_share, NAN});
    }
}

/* Spikes and dips of one rack, well inside a backward phase. */
static void plant_short(draw *d, int64_t count, uint8_t kind, double shortest_s, double longest_s)
{
    const bool spike = kind == ST_EVENT_SPIKE;
    for (int64_t i = 0; i < count; i++) {
        int64_t rack, moment_ns;
        const int64_t wanted_ns = nanoseconds(draw_between(d, DURATION, shortest_s, longest_s));
        if (!draw_cell(d, false, false, &rack, &moment_ns)) {
            continue;
        }
        const int64_t room_ns = to_plateau(d, rack, &moment_ns) / 2;
        const int64_t half_ns = (wanted_ns < room_ns ? wanted_ns : room_ns) / 2;
        add(d,
            (st_plant){rack, kind, spike ? ST_EFFECT_ADD : ST_EFFECT_REPLACE, moment_ns - half_ns,
                       moment_ns + half_ns, d->what->event_edge_s, d->what->event_edge_s,
                       spike ? d->what->spike_level : d->what->idle_level, NAN});
    }
}

static void plant_oscillations(draw *d)
{
    const double longest_s = (double)d->column_ns * 1e-9 / 3.0;
    for (int64_t i = 0; i < d->what->oscillations; i++) {
        int64_t rack, moment_ns;
        if (!draw_cell(d, false, false, &rack, &moment_ns)) {
            continue;
        }
        const double length_s = fmin(d->what->oscillation_s, longest_s);
        const int64_t half_ns = nanoseconds(length_s) / 2;
        add(d, (st_plant){rack, ST_EVENT_OSCILLATION, ST_EFFECT_SINE, moment_ns - half_ns,
                          moment_ns + half_ns, 0.1 * length_s, 0.1 * length_s,
                          d->what->oscillation_level, d->what->oscillation_hz});
    }
}

static void plant_gaps(draw *d)
{
    const int64_t period_ns = st_synth_period_ns(d->what);
    for (int64_t i = 0; i < d->what->gaps; i++) {
        int64_t rack, moment_ns;
        const int64_t length_ns = nanoseconds(draw_between(d, DURATION, 0.06, 0.6));
        if (!draw_cell(d, false, false, &rack, &moment_ns)) {
            continue;
        }
        /* Whole samples: a gap starts at its first missing one and ends at the next valid one. */
        const int64_t first = moment_ns / period_ns;
        const int64_t samples = (length_ns + period_ns - 1) / period_ns;
        add(d, (st_plant){rack, ST_EVENT_GAP, ST_EFFECT_LOSE, first * period_ns,
                          (first + samples) * period_ns, 0.0, 0.0, NAN, NAN});
    }
}

/* None where one would be more than the exception. */
static void plant_faults(draw *d)
{
    const double frames_s = d->what->fault_s + d->what->recover_s + 1.5;
    if (frames_s > 0.06 * 1e-9 * (double)d->duration_ns) {
        return;
    }
    for (int64_t i = 0; i < d->what->faults; i++) {
        int64_t rack, moment_ns;
        if (!draw_cell(d, true, false, &rack, &moment_ns)) {
            continue;
        }
        to_plateau(d, rack, &moment_ns);
        add(d, (st_plant){rack, ST_EVENT_DIP, ST_EFFECT_REPLACE, moment_ns,
                          moment_ns + nanoseconds(d->what->fault_s), d->what->event_edge_s,
                          d->what->recover_s, d->what->fault_level, NAN});
    }
}

/* The job is no event of the count: it is there even when events are off. */
static void plant_job(draw *d)
{
    const int64_t start_ns = nanoseconds(d->what->job_start_s);
    const int64_t stop_ns = nanoseconds(d->what->job_stop_s);
    const double edge_s = d->what->event_edge_s;
    if (start_ns > 0 && start_ns < d->duration_ns) {
        add(d, (st_plant){ST_SITE_RACK, ST_EVENT_STEP_UP, ST_EFFECT_REPLACE, start_ns, start_ns,
                          edge_s, edge_s, d->what->idle_level, NAN});
    }
    if (stop_ns > 0 && stop_ns < d->duration_ns) {
        add(d, (st_plant){ST_SITE_RACK, ST_EVENT_STEP_DOWN, ST_EFFECT_REPLACE, stop_ns, stop_ns,
                          edge_s, edge_s, d->what->idle_level, NAN});
    }
}

/* Stable, by effect: the order in which they are applied. */
static void sort_by_effect(st_plants *plants)
{
    for (size_t i = 1; i < plants->n; i++) {
        const st_plant plant = plants->plant[i];
        size_t at = i;
        for (; at > 0 && plants->plant[at - 1].effect > plant.effect; at--) {
            plants->plant[at] = plants->plant[at - 1];
        }
        plants->plant[at] = plant;
    }
}

void st_plants_make(const st_synth *what, st_plants *plants)
{
    plants->n = 0;
    draw d = draw_begin(what, plants);
    if (what->events != 0) {
        plant_faults(&d); /* first, because they need whole columns */
        plant_steps(&d);
        plant_short(&d, what->spikes, ST_EVENT_SPIKE, 0.015, 0.060);
        plant_short(&d, what->dips, ST_EVENT_DIP, 0.060, 0.250);
        plant_oscillations(&d);
        plant_gaps(&d);
    }
    plant_job(&d);
    sort_by_effect(plants);
}

/* How far the event is in force at t: 0 before, 1 within; a step has one edge only. */
static double in_force(const st_plant *plant, double since_start_s, double since_end_s)
{
    const double on = st_clamp_unit(since_start_s / plant->rise_s + 0.5);
    switch (plant->kind) {
    case ST_EVENT_STEP_DOWN: return on;
    case ST_EVENT_STEP_UP: return 1.0 - on; /* what it takes away is in force before it */
    default: return on - st_clamp_unit(since_end_s / plant->fall_s + 0.5);
    }
}

/* Samples on which the event can be in force, clipped to [0, n). */
static void reach(const st_synth *what, const st_plant *plant, int64_t first, size_t n,
                  size_t *begin, size_t *end)
{
    const int64_t period_ns = st_synth_period_ns(what);
    const int64_t margin_ns = nanoseconds(plant->rise_s + plant->fall_s) + 2 * period_ns;
    const int64_t from = (plant->start_ns - margin_ns) / period_ns - first;
    const int64_t to = (plant->end_ns + margin_ns) / period_ns - first;
    *begin = plant->kind == ST_EVENT_STEP_UP || from < 0 ? 0 : (size_t)from;
    *end = plant->kind == ST_EVENT_STEP_DOWN || to > (int64_t)n ? n : to < 0 ? 0 : (size_t)to;
}

void st_plant_apply(const st_synth *what, const st_plant *plant, int64_t first, size_t n,
                    double *level)
{
    const int64_t period_ns = st_synth_period_ns(what);
    size_t begin, end;
    reach(what, plant, first, n, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        const int64_t t_ns = (first + (int64_t)i) * period_ns;
        const double since_s = (double)(t_ns - plant->start_ns) * 1e-9;
        const double force = in_force(plant, since_s, (double)(t_ns - plant->end_ns) * 1e-9);
        switch (plant->effect) {
        case ST_EFFECT_SCALE: level[i] *= 1.0 - plant->size * force; break;
        case ST_EFFECT_ADD: level[i] += plant->size * force; break;
        case ST_EFFECT_SINE:
            level[i] += plant->size * force * st_sine_of_turns(since_s * plant->frequency_hz);
            break;
        case ST_EFFECT_REPLACE: level[i] += (plant->size - level[i]) * force; break;
        case ST_EFFECT_LOSE:
            level[i] = t_ns >= plant->start_ns && t_ns < plant->end_ns ? NAN : level[i];
            break;
        }
    }
}

void st_plants_fill(const st_synth *what, const st_plants *plants, const st_plant *except,
                    int64_t rack, int64_t first, size_t n, double *level)
{
    st_rhythm_fill(what, rack, first, n, level);
    for (size_t i = 0; i < plants->n; i++) {
        const st_plant *plant = &plants->plant[i];
        if (plant != except && (plant->rack == rack || plant->rack == ST_SITE_RACK)) {
            st_plant_apply(what, plant, first, n, level);
        }
    }
}

double st_rack_scale_w(const st_synth *what, int64_t rack)
{
    if (rack < 0) {
        return what->rack_rating_w;
    }
    const st_random_block r = st_random(what->seed, ST_STREAM_RACK, (uint32_t)rack, 0);
    return what->rack_rating_w * (1.0 + what->level_spread * st_normal(r.word[2], r.word[3]));
}

/* What the event adds at its height: with it minus without it, W of the rack. */
static double amplitude_w(const st_synth *what, const st_plants *plants, const st_plant *plant)
{
    if (plant->effect == ST_EFFECT_LOSE) {
        return NAN;
    }
    if (plant->effect == ST_EFFECT_SINE) {
        return plant->size * st_rack_scale_w(what, plant->rack);
    }
    const int64_t period_ns = st_synth_period_ns(what);
    const int64_t edge = nanoseconds(plant->rise_s) / period_ns + 1;
    double with, without;
    if (plant->start_ns < plant->end_ns) {
        const int64_t middle = (plant->start_ns + plant->end_ns) / 2 / period_ns;
        st_plants_fill(what, plants, NULL, plant->rack, middle, 1, &with);
        st_plants_fill(what, plants, plant, plant->rack, middle, 1, &without);
    } else {
        /* A step: the samples after and before its edge. */
        const int64_t at = plant->start_ns / period_ns;
        st_plants_fill(what, plants, NULL, plant->rack, at + edge, 1, &with);
        st_plants_fill(what, plants, NULL, plant->rack, at > edge ? at - edge : 0, 1, &without);
    }
    return (with - without) * st_rack_scale_w(what, plant->rack);
}

size_t st_synth_truth(const st_synth *what, st_planted list[ST_PLANTED_MAX])
{
    st_plants plants;
    st_plants_make(what, &plants);
    for (size_t i = 0; i < plants.n; i++) {
        const st_plant *plant = &plants.plant[i];
        const st_planted row = {plant->rack,
                                plant->kind,
                                what->start_ns + plant->start_ns,
                                what->start_ns + plant->end_ns,
                                amplitude_w(what, &plants, plant),
                                plant->frequency_hz};
        size_t at = i;
        for (; at > 0 && (list[at - 1].start_ns > row.start_ns ||
                          (list[at - 1].start_ns == row.start_ns && list[at - 1].rack > row.rack));
             at--) {
            list[at] = list[at - 1];
        }
        list[at] = row;
    }
    return plants.n;
}
