/* size_rows.h - what the sweep reads, and what a battery without limits would be asked for. */
#ifndef ST_ENGINE_SIZE_ROWS_H
#define ST_ENGINE_SIZE_ROWS_H

#include "engine/sizing.h"
#include "formula/storage.h"

/* Of a battery without limits: largest |wish|, and the range of its account. */
typedef struct st_reach {
    double power_w, low_j, high_j;
} st_reach;

typedef struct st_rows {
    double base_w, level_w;
    int64_t delay;
    uint64_t load_offset, excess_offset[ST_SIZING_CONTROLS]; /* [samples] float32 */
    size_t n_behind;
    st_sweep_stage *behind; /* [n_behind], borrowed from the map */
    st_reach *reach;        /* [n_responses][n_controls], likewise */
} st_rows;

/* One pass over the load for each control. */
st_status st_rows_make(st_context *ctx, const st_run *run, const st_grid *grid, double base_w,
                       double level_w, st_rows *rows);

#endif
