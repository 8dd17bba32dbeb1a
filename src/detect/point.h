/* point.h - everything that is said of the power at a point (load and draw): spectra, bands,
 * strongest line, envelopes. */
#ifndef ST_DETECT_POINT_H
#define ST_DETECT_POINT_H

#include "core/scratch.h"
#include "model/plan.h"
#include "model/result.h"

/* Sizes of the axes that the columns of a point use: frequencies, spans, buckets. size: [ST_AXES] */
void st_point_sizes(const st_plan *plan, size_t *size);

/* Fills the columns of load and draw from their series, side by side; they are allocated at the
 * sizes in result->size. */
st_status st_points_describe(st_context *ctx, const st_plan *plan, const st_series *load,
                             const st_series *draw, st_result *result);

#endif
