/* planted.h - the events of a synthetic trace: where they lie and what they do to a level.
 * The list follows from the knobs and the seed alone, so every slice finds the same one. */
#ifndef ST_SYNTH_PLANTED_H
#define ST_SYNTH_PLANTED_H

#include "surgetank/synth.h"

/* What an event does; a fault and a dip differ only in whom they hit and how they end. */
typedef enum st_effect {
    ST_EFFECT_SCALE,   /* step: the rack keeps 1 - size of its power */
    ST_EFFECT_ADD,     /* spike: size on top */
    ST_EFFECT_SINE,    /* oscillation: a sine of amplitude size on top */
    ST_EFFECT_REPLACE, /* dip, fault, job: the level is size */
    ST_EFFECT_LOSE     /* gap: no samples */
} st_effect;

typedef struct st_plant {
    int64_t rack; /* ST_SITE_RACK: all */
    uint8_t kind; /* st_event_kind */
    st_effect effect;
    int64_t start_ns, end_ns; /* half heights, after the start of the record; 0 ... without begin */
    double rise_s, fall_s;    /* edges, centred on start and end */
    double size;              /* share of rating, of SCALE: of the level */
    double frequency_hz;      /* of SINE */
} st_plant;

/* Ordered by effect, as they are to be applied. */
typedef struct st_plants {
    size_t n;
    st_plant plant[ST_PLANTED_MAX];
} st_plants;

void st_plants_make(const st_synth *what, st_plants *plants);

/* Changes level[i], samples first .. first + n - 1 of `rack`, by one event. */
void st_plant_apply(const st_synth *what, const st_plant *plant, int64_t first, size_t n,
                    double *level);

/* Rhythm plus all events of the rack but `except` (NULL: none is left out). */
void st_plants_fill(const st_synth *what, const st_plants *plants, const st_plant *except,
                    int64_t rack, int64_t first, size_t n, double *level);

/* Rating of one rack with its own deviation, W. rack ST_SITE_RACK: the rating itself. */
double st_rack_scale_w(const st_synth *what, int64_t rack);

#endif
