/* around.h - what is usual around a candidate, from the features of the unmarked frames beside it.
 * Part of pass 3; reads no sample. */
#ifndef ST_DETECT_AROUND_H
#define ST_DETECT_AROUND_H

#include "detect/row.h"

/* Levels relative to the row's offset, W; NaN where there is no unmarked frame. */
typedef struct st_around {
    double baseline_w;        /* median of the means of the 8 nearest frames on each side */
    double before_w, after_w; /* the same of one side */
    double before_mean_w, after_mean_w; /* mean over at least 8 frames and 4 s of one side, so that
                                   * a rhythm averages out */
    double lower_w, upper_w; /* least minimum and largest maximum of the 8 nearest on each
                               * side that share no sample with the candidate */
    double slope_w;          /* largest slope of the same frames, W per sample */
} st_around;

/* Around the frames [first, last]. */
st_around st_around_frames(const st_row *row, int64_t first, int64_t last);

/* By how much levels before and after a frame differ where nothing is marked within reach: the
 * median of |after_mean - before_mean|, W; over shorter stretches where events are dense. 0 when it
 * cannot be told. */
double st_around_drift(const st_row *row);

#endif
