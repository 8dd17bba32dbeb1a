/* rack_stage.h - storage at the racks: the 16 racks of a leaf side by side in one stage.
 * Private to src/cpu; what happens to one rack is defined in formula/rack_stage.h. */
#ifndef ST_CPU_RACK_STAGE_H
#define ST_CPU_RACK_STAGE_H

#include <stdbool.h>

#include "formula/rack_stage.h"
#include "model/plan.h"

/* A number of each rack. */
typedef double cpu_leaf[ST_LEAF_RACKS];

/* st_rack_passage and st_rack_duty of a leaf. Lanes beyond the last rack carry NaN, and count for
 * nothing. */
typedef struct cpu_rack_stage {
    cpu_leaf low_x, low_y, target_w, power_x, power_y, stored_j; /* st_storage_state */
    cpu_leaf level_w, idle;                                      /* st_smoothing_state */
    cpu_leaf held_w;
    cpu_leaf soc, direction; /* of the newest run, as st_rainflow has them; valid once started */
    cpu_leaf soc_min, soc_max, power_min_w, power_max_w;
    cpu_leaf clipped_power, clipped_energy, held_back;
    st_sum sum[ST_RACK_SUMS][ST_LEAF_RACKS];
    double samples;
    bool started;
    double *past; /* [delay samples][ST_LEAF_RACKS] */
    int64_t at;   /* the oldest in it */
    st_rainflow flow[ST_LEAF_RACKS];
} cpu_rack_stage;

/* What a thread works in: a block of a leaf, sample by sample. W, and J since the start. */
typedef struct cpu_rack_block {
    cpu_leaf x[ST_RACK_BLOCK]; /* load on entry, draw on return; NaN = invalid */
    cpu_leaf load_w[ST_RACK_BLOCK], power_w[ST_RACK_BLOCK], stored_j[ST_RACK_BLOCK];
    int n;
} cpu_rack_block;

#endif
