/* excursion.h - one spike or dip in time: where it begins and ends, how high, how fast.
 * Part of pass 3; sees a piece and what is usual around it, no frame. */
#ifndef ST_DETECT_EXCURSION_H
#define ST_DETECT_EXCURSION_H

#include "detect/piece.h"

/* What to look for. Levels in W relative to the row's offset. */
typedef struct st_search {
    const st_piece *piece;
    size_t from, to;         /* where peaks may lie */
    double high_w, low_w;    /* what is beyond these is looked at */
    double reference_w;      /* heights count from here, unless the surroundings swing */
    double lower_w, upper_w; /* range of what is usual around */
    size_t hop;              /* longest excursion whose height counts from the level beside it */
    size_t spacing;          /* excursions nearer than this are one, samples */
} st_search;

typedef struct st_excursion {
    size_t start, end, peak;   /* samples of the piece; end is the first that is out again */
    double sign;               /* 1 up, -1 down */
    bool open_start, open_end; /* cut by an end of the piece */
    bool sustained;            /* a train of many, whose level is its mean */
    double reference_w;
    double amplitude_w; /* signed */
    double energy_w;    /* sum over samples of x - reference, foot to foot, W x samples */
    double rise;        /* 10 % to 90 %, samples */
    double slope_w;     /* largest difference of neighbours, W per sample */
} st_excursion;

/* The next one with a sample beyond high_w or low_w at or after *at; moves *at behind it. */
bool st_excursion_next(const st_search *s, size_t *at, st_excursion *found);

/* The one around sample `seed`, whatever the thresholds. */
void st_excursion_measure(const st_search *s, size_t seed, double sign, st_excursion *e);

#endif
