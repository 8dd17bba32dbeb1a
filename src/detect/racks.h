/* racks.h - the columns of /racks: what a pass over all racks has summed, as numbers with units.
 * Knows the plan and the result, no backend and no file. */
#ifndef ST_DETECT_RACKS_H
#define ST_DETECT_RACKS_H

#include "model/backend.h"
#include "model/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills result->racks but its names. The arrays belong to the engine, at the sizes of
 * result->size (rack, freq, freq_slow, band, window, updown). */
st_status st_racks_finish(st_context *ctx, const st_plan *plan, const st_rack_sums *sums,
                          st_result *result);

#ifdef __cplusplus
}
#endif

#endif
