/* decide.h - pass 2: which frames of a row are marked.
 * Between the features of pass 1 and the measuring of pass 3; never sees a sample. */
#ifndef ST_DETECT_DECIDE_H
#define ST_DETECT_DECIDE_H

#include "detect/row.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills score, why, step_w, top_w, bottom_w and margin_w from row->feature. */
void st_row_decide(st_row *row);

#ifdef __cplusplus
}
#endif
#endif
