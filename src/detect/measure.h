/* measure.h - pass 3: what happened in the frames that are marked.
 * Between the marks of pass 2 and the list of events; belongs to one thread. */
#ifndef ST_DETECT_MEASURE_H
#define ST_DETECT_MEASURE_H

#include "detect/around.h"
#include "detect/event_list.h"
#include "detect/oscillation.h"

/* A run of neighbouring marked frames, or a piece of a long one. */
typedef struct st_candidate {
    int64_t first, last;        /* frames of the piece */
    uint32_t why;               /* what marked them */
    bool cut_before, cut_after; /* more of the run lies before, after */
    st_around around;           /* of the whole run */
} st_candidate;

/* Work space of pass 3. */
typedef struct st_measure {
    const st_row *row; /* decided */
    st_samples samples;
    st_piece piece;
    st_spectra spectra;
    double *residual;               /* [ST_STRETCH + 1] */
    double *residual_sum;           /* [ST_STRETCH + 1] */
    double *window;                 /* [n/8 + 2] of the moving median */
    st_event_list *list;            /* borrowed: where events go */
    st_event pending;               /* one that is cut by the end of a piece */
    bool has_pending, pending_open; /* ... and was open at its beginning already */
} st_measure;

/* Adds the spikes, dips, steps and oscillations of measure->row, whose samples have begun. */
st_status st_measure_row(st_context *ctx, st_measure *measure);

#endif
