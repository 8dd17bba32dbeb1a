/* rack_stage.h - storage at the racks: the 16 racks of a leaf side by side in one stage.
 * Private to src/cpu; what happens to one rack is defined in formula/rack_stage.h. */
#ifndef ST_CPU_RACK_STAGE_H
#define ST_CPU_RACK_STAGE_H

#include <stdbool.h>

#include "formula/rack_stage.h"
#include "model/plan.h"

/* A number of each rack. */
typedef double cpu_leaf[ST_LEAF_RACKS];
typedef int64_t cpu_leaf_count[ST_LEAF_RACKS];

/* st_rack_passage and st_rack_duty of a leaf. Lanes beyond the last rack carry NaN, and count for
 * nothing. */
typedef struct cpu_rack_stage {
    cpu_leaf load_w, low_behind_w, target_w; /* st_storage_state */
    cpu_leaf command_w, power_behind_w, stored_j;
    cpu_leaf level_w, idle; /* st_smoothing_state */
    cpu_leaf held_w;
    cpu_leaf stored_min_j, stored_max_j, power_min_w, power_max_w;
    cpu_leaf_count clipped_power, clipped_energy, held_back;
    cpu_leaf sum_high[ST_RACK_SUMS], sum_low[ST_RACK_SUMS]; /* st_sum */
    double samples;
    bool started;
    double *past;         /* [delay samples][ST_LEAF_RACKS] */
    int64_t at;           /* the oldest in it */
    uint16_t rose, known; /* bit l: the direction of st_rainflow, known after the first move */
    st_rainflow flow[ST_LEAF_RACKS];
} cpu_rack_stage;

/* What a thread works in: a block of a leaf, sample by sample. W, and J since the start. */
typedef struct cpu_rack_block {
    cpu_leaf x[ST_RACK_BLOCK]; /* load on entry, draw on return; NaN = invalid */
    uint16_t up[ST_RACK_BLOCK], down[ST_RACK_BLOCK]; /* bit l: where the charge of rack l went */
    cpu_leaf stored_j[ST_RACK_BLOCK];                /* or the power, W, on its way there */
    float rows[ST_LEAF_RACKS][ST_RACK_BLOCK];        /* of a leaf that is not full */
    int n;
    bool gaps; /* there are invalid samples */
} cpu_rack_block;

#endif
