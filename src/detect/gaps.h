/* gaps.h - runs of invalid samples as events.
 * Part of pass 3: the frames' counts of invalid samples say where to look. Knows no level. */
#ifndef ST_DETECT_GAPS_H
#define ST_DETECT_GAPS_H

#include "detect/event_list.h"
#include "detect/row.h"
#include "detect/samples.h"

/* Adds the gaps of a row: invalid runs of at least settings->gap_min_s, anywhere in the record. */
st_status st_gaps_find(st_context *ctx, const st_row *row, st_samples *samples,
                       st_event_list *list);

#endif
