/* sweep_loops.h - the loops of the sweep, as they call each other inside one instruction set. */
#ifndef ST_CPU_SWEEP_LOOPS_H
#define ST_CPU_SWEEP_LOOPS_H

#include "cpu/isa.h"
#include "cpu/sweep_lanes.h"

/* n samples (at most a block) of load and excess -> channel 0. */
void ST_ISA(sweep_step)(sweep_work *work, const float *load, const float *excess, size_t n);
/* Channel 0 -> channel 0 behind one of the stages behind the candidates. */
void ST_ISA(sweep_behind)(sweep_work *work, size_t behind, const float *load, size_t n);
/* Channel `channel` from the one before it. */
void ST_ISA(sweep_filter)(sweep_work *work, size_t channel, const float *load, size_t n);
/* x: [n][lanes]; load: [n], NaN where the sample is invalid in all lanes; weight: [n] of AMPLITUDE,
 * else NULL. */
void ST_ISA(sweep_state)(st_sweep_state *state, const float *x, const float *load,
                         const double *weight, size_t n);
/* The samples of a block in a ring of the newest ones; differences over a lag. */
void ST_ISA(sweep_change)(st_sweep_state *state, const float *x, const float *ring, int64_t size,
                          size_t n);
/* The frame in state->a is full; so many of its samples are invalid. */
void ST_ISA(sweep_frame)(st_sweep_state *state, int64_t invalid);

#endif
