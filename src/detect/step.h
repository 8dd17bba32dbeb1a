/* step.h - one change of level in time. Part of pass 3; sees a piece and the levels beside it. */
#ifndef ST_DETECT_STEP_H
#define ST_DETECT_STEP_H

#include "detect/around.h"
#include "detect/piece.h"

typedef struct st_step {
    size_t at;                /* the first sample beyond half height */
    double before_w, after_w; /* levels beside it, relative to the row's offset */
    double rise;              /* 10 % to 90 %, samples */
    double slope_w;           /* largest difference of neighbours there, W per sample */
} st_step;

/* Whether the levels on both sides differ by more than they usually do, and where they part:
 * false when there is no such place among the marked frames. */
bool st_step_find(const st_piece *piece, const st_around *around, double drift_w, size_t hop,
                  st_step *step);

/* A level that is left by an edge steeper than any around, by more than least_w, and not regained
 * for half a hop: where the neighbourhood knows both levels, it cannot tell them apart. */
bool st_step_find_edge(const st_piece *piece, const st_around *around, double least_w, size_t hop,
                       st_step *step);

/* Fills rise and slope_w of a step whose place and levels are known. */
void st_step_measure(const st_piece *piece, size_t hop, st_step *step);

#endif
