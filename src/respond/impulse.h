/* impulse.h - a measured impulse response in place of the storage stages of a site.
 * Another way from the load to the draw: p = h * (load - L0). It knows the backend's convolution by
 * its contract only, and not where h was read. */
#ifndef ST_RESPOND_IMPULSE_H
#define ST_RESPOND_IMPULSE_H

#include "model/backend.h"
#include "respond/stage.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ST_IMPULSE_NAME  "impulse" /* of the stage in the results */
#define ST_IMPULSE_TAU_S 60.0      /* over which L0 is taken */

typedef struct st_impulse {
    const double *h; /* [taps], h[n] = value x dt, dimensionless, borrowed */
    size_t taps;     /* >= 1 */
    st_status (*convolve)(st_context *ctx, st_exec *exec, const st_convolution *convolution);
    st_exec *exec; /* what convolve is called with */
} st_impulse;

/* load, draw: as st_respond_stage. Memory: a few times taps. Of a response that was measured
 * nothing is known but its power: charge, clipping, loss, cycles and fade are NaN in the record. */
st_status st_respond_impulse(st_context *ctx, const st_impulse *impulse, int64_t period_ns,
                             const st_series *load, const st_series *draw, st_stage_record *record);

#ifdef __cplusplus
}
#endif
#endif
