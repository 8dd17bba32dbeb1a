/* sweep_finish.h - what a group's statistics have come to, lane by lane. */
#ifndef ST_CPU_SWEEP_FINISH_H
#define ST_CPU_SWEEP_FINISH_H

#include "cpu/sweep_work.h"

/* worst: [lanes][n_statistics]. Consumes the states. */
void st_sweep_finish(sweep_work *work, double *worst);

/* TRIP: a block has ended. */
void st_sweep_close_block(sweep_state *state);

#endif
