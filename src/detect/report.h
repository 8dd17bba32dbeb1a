/* report.h - from what was measured in samples to rows of /events.
 * Part of pass 3, behind excursion, step and oscillation. */
#ifndef ST_DETECT_REPORT_H
#define ST_DETECT_REPORT_H

#include "detect/excursion.h"
#include "detect/measure.h"
#include "detect/step.h"

/* The largest score of the candidate's frames that overlap samples [start, end) of the piece. */
double st_report_score(const st_measure *m, const st_candidate *c, size_t start, size_t end);

st_status st_report_oscillation(st_context *ctx, st_measure *m, const st_candidate *c,
                                const st_oscillation *found);
st_status st_report_step(st_context *ctx, st_measure *m, const st_candidate *c,
                         const st_step *step);

/* A spike or a dip, or a step where it is open at an end and nothing says that the level was, or
 * was to be, another. What is cut between two pieces waits for the rest of it. */
st_status st_report_excursion(st_context *ctx, st_measure *m, const st_candidate *c,
                              const st_excursion *e);
/* Adds what has waited in vain. */
st_status st_report_pending(st_context *ctx, st_measure *m);

#endif
