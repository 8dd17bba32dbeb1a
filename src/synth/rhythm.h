/* rhythm.h - the power of a rack without events, noise and sensor: iterations and checkpoints.
 * Iteration k starts at k periods + jitter(k), never at a running sum, so that any moment is found
 * without those before it. */
#ifndef ST_SYNTH_RHYTHM_H
#define ST_SYNTH_RHYTHM_H

#include "surgetank/synth.h"

enum { ST_SITE_RACK = -1 }; /* the common timeline, without the delays of any rack */

/* One iteration of one rack; ns after the start of the record. */
typedef struct st_iteration {
    int64_t k;
    int64_t start_ns, end_ns;
    double gain;   /* of the power above the communicate level, about 1 */
    double ripple; /* phase of the micro-batches, turns: racks are different pipeline stages */
} st_iteration;

/* The iteration that holds the moment. rack: index or ST_SITE_RACK. */
st_iteration st_iteration_at(const st_synth *what, int64_t rack, int64_t moment_ns);
st_iteration st_iteration_next(const st_synth *what, int64_t rack, const st_iteration *iteration);

/* Begin and end of its backward phase, ns: the plateau where single-rack events are planted. */
void st_iteration_plateau(const st_synth *what, const st_iteration *iteration, int64_t *begin_ns,
                          int64_t *end_ns);

/* level: [n], share of the rating, samples first .. first + n - 1. */
void st_rhythm_fill(const st_synth *what, int64_t rack, int64_t first, size_t n, double *level);

/* sin(2 pi turns) to 1e-10, the same bits on every machine. */
double st_sine_of_turns(double turns);

/* A ramp from 0 at x <= 0 to 1 at x >= 1. */
static inline double st_clamp_unit(double x)
{
    x = x > 0.0 ? x : 0.0;
    return x < 1.0 ? x : 1.0;
}

#endif
