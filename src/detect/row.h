/* row.h - one row of a record (a rack, or the load) while its events are found.
 * The table that pass 2 fills and pass 3 reads; belongs to one thread. */
#ifndef ST_DETECT_ROW_H
#define ST_DETECT_ROW_H

#include "detect/events.h"
#include "formula/frame.h"

/* Bit of `why` for a mark by levels; bits below are feature bands. */
#define ST_WHY_LEVEL (UINT32_C(1) << 31)

typedef struct st_row {
    const st_event_input *input; /* borrowed */
    size_t index;                /* row of the record */
    double offset_w;             /* what was taken from its samples */
    int64_t frames;
    size_t n_features;
    float *feature; /* [frames][n_features], enum st_feature of formula/frame.h */

    /* pass 2 */
    float *score;           /* [frames], >= 1; 0 = not marked */
    uint32_t *why;          /* [frames], bands and levels that marked it */
    float *column;          /* [st_order_room(frames)], work space */
    double *values;         /* [frames], likewise */
    double step_w;          /* q */
    double top_w, bottom_w; /* T and B, relative to the offset; NaN without frames */
    double margin_w;        /* S */
    double drift_w;         /* by how much levels a neighbourhood apart usually differ, W */
} st_row;

static inline float st_row_feature(const st_row *row, int64_t frame, int feature)
{
    return row->feature[(size_t)frame * row->n_features + (size_t)feature];
}

/* A dropped frame is NaN in all but its count of invalid samples. */
static inline int st_row_used(const st_row *row, int64_t frame)
{
    return !isnan(st_row_feature(row, frame, ST_FEATURE_MEAN));
}

/* Used, and not marked. */
static inline int st_row_usual(const st_row *row, int64_t frame)
{
    return row->score[frame] == 0.0f && st_row_used(row, frame);
}

#endif
