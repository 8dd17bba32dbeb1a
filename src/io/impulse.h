/* impulse.h - reading a measured impulse response of a storage: /impulse_response [lag], float64,
 * 1/s, with the attribute sample_period_ns. For `respond`; knows nothing of convolution. */
#ifndef ST_IO_IMPULSE_H
#define ST_IO_IMPULSE_H

#include <stdint.h>

#include "core/context.h"

/* *h: [*taps], dimensionless (value x dt); free with st_free. ST_MISSING; ST_FORMAT when the period
 * is not period_ns, a value is not finite, or there are more than `most` values. */
st_status st_impulse_read(st_context *ctx, const char *path, int64_t period_ns, int64_t most,
                          double **h, size_t *taps);

#endif
