/* wear.h - what a run does to the cells of a stage: cycles, and fade per year.
 * A part of respond; fed with state of charge and power, sample by sample. */
#ifndef ST_RESPOND_WEAR_H
#define ST_RESPOND_WEAR_H

#include <stdint.h>

#include "formula/rainflow.h"
#include "formula/sum.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ST_WEAR_STACK = 4096 }; /* turning points kept open */

/* Stays where it was started: the counter points into it. */
typedef struct st_wear {
    st_rainflow flow;
    double open[ST_WEAR_STACK]; /* of flow */
    double temperature_k;
    /* kcal over time, taken once per run of samples that stay within a sliver of charge */
    st_sum kcal;               /* sum over samples */
    double run_first, run_sum; /* soc; sum of soc - run_first */
    int64_t run_samples;
    int64_t samples;
} st_wear;

void st_wear_start(st_wear *wear, double temperature_k);
void st_wear_add(st_wear *wear, double soc);

typedef struct st_wear_duty {
    double energy_j; /* capacity */
    double duration_s;
    double throughput_j; /* sum |p| dt */
    double charge_w;     /* largest charging power, >= 0 */
} st_wear_duty;

/* Share of capacity lost per year by a duty, with kcal averaged over time and the count-weighted
 * mean depth of its cycles; *fitted is false where the duty lies outside what the formula was fitted
 * for: the number is then an extrapolation. */
double st_wear_share(double kcal, double depth, const st_wear_duty *duty, double temperature_k,
                     int *fitted);

/* Closes the counting and returns that share; NaN without a sample. */
double st_wear_finish(st_wear *wear, const st_wear_duty *duty, int *fitted);

#ifdef __cplusplus
}
#endif
#endif
