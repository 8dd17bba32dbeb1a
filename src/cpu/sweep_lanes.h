/* sweep_lanes.h - the lanes of a group of candidates as registers: SWEEP_F registers of floats, or
 * SWEEP_D of doubles. Largest and smallest as in vector.h and vector_f64.h. */
#ifndef ST_CPU_SWEEP_LANES_H
#define ST_CPU_SWEEP_LANES_H

#include "cpu/sweep_work.h"
#include "cpu/vector_f64.h"

enum { SWEEP_F = SWEEP_LANES / VEC, SWEEP_D = 2 * SWEEP_F, SWEEP_HALF = VEC / 2 };

/* Half a register of doubles, narrowed. */
static inline void vecd_narrow(float *x, vecd v)
{
    const vech half = vech_narrow(v);
    memcpy(x, &half, sizeof half);
}

/* The lower or the upper half of a register, widened; and both, narrowed. */
static inline vecd vecd_half(vec v, int upper)
{
    vech half[2];
    memcpy(half, &v, sizeof half);
    return vech_widen(half[upper]);
}

static inline vec vec_narrow(vecd lower, vecd upper)
{
    const vech half[2] = {vech_narrow(lower), vech_narrow(upper)};
    vec v;
    memcpy(&v, half, sizeof v);
    return v;
}

#endif
