/* sweep.h - the sweep on the CPU: OpenMP over groups of candidates, lanes within a group.
 * What the engine calls; knows neither sites nor rules. */
#ifndef ST_CPU_SWEEP_H
#define ST_CPU_SWEEP_H

#include "model/sweep.h"

#ifdef __cplusplus
extern "C" {
#endif

/* worst: [n_candidates][n_statistics], per unit (SHARE: 1, AMPLITUDE: mean square); NaN where the
 * record gives none. Each group streams the load once; memory is that of one group per thread. */
st_status st_cpu_sweep(st_context *ctx, const st_sweep *sweep, double *worst);

#ifdef __cplusplus
}
#endif
#endif
