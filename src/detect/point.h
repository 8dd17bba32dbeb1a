/* point.h - everything that is said of the power at one point (load or draw): spectra, bands,
 * strongest line, envelopes. */
#ifndef ST_DETECT_POINT_H
#define ST_DETECT_POINT_H

#include "core/scratch.h"
#include "model/plan.h"
#include "model/result.h"
#include "surgetank/limits.h"

/* Sizes of the axes that the columns of a point use: frequencies, spans, buckets. size: [ST_AXES] */
void st_point_sizes(const st_plan *plan, size_t *size);

/* Fills the columns of `point` from its series; they are allocated at the sizes in result->size. */
st_status st_point_describe(st_context *ctx, const st_plan *plan, const st_series *series,
                            st_result *result, st_point point);

#endif
